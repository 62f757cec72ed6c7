/**
 * How a GPS103 stream opens: `##,` or `imei:`, perhaps glued to a heartbeat, or a heartbeat: digits. Digits with a comma
 * behind them are another protocol's.
 */
import { MAYBE, YES } from '../codec.ts'
import type { Signature } from '../signatures.ts'

export const SIGNATURES: readonly Signature[] = [
  { name: 'logon', pattern: String.raw`\d{0,16}##,`, minBytes: 3, verdict: YES },
  { name: 'report', pattern: String.raw`\d{0,16}imei:`, minBytes: 5, verdict: YES },
  { name: 'heartbeat', pattern: String.raw`\d{1,16}[;\r\n]`, minBytes: 2, verdict: YES },
  // All of a datagram. Fewer digits may be the index of a FlexCl sentence that was cut short.
  {
    name: 'heartbeat without its end',
    pattern: String.raw`\d{11}`,
    minBytes: 11,
    verdict: MAYBE,
    unless: String.raw`\d{11,16}[^\d]|\d{17}`,
  },
]
