/** What of a gateway's configuration is one listener's. */
import type { Config } from '../config.ts'
import { journalOf } from './journals.ts'

/** The first listener has what there is once, and the limit on the disk is divided. */
export function ofListener(config: Config, listener: number): Config {
  const { id, tcp, udp, listeners } = config.gateway
  return {
    ...config,
    gateway: {
      ...config.gateway,
      id: listener === 0 || id === '' ? id : `${id}-${listener}`,
      tcp: tcp && listener < listeners,
      udp: udp && listener === 0,
    },
    journal: {
      ...config.journal,
      path: journalOf(config.journal.path, listener),
      max_bytes: Math.floor(config.journal.max_bytes / listeners),
    },
  }
}
