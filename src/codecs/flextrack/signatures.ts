/** How a FlexCl stream opens: an index, and one of the two sentences that say whose it is. */
import { YES } from '../codec.ts'
import type { Signature } from '../signatures.ts'

export const SIGNATURES: readonly Signature[] = [
  { name: 'LOGON', pattern: String.raw`-?\d{1,10},LOGON,`, minBytes: 8, verdict: YES },
  { name: 'UNITSTAT', pattern: String.raw`-?\d{1,10},UNITSTAT,`, minBytes: 11, verdict: YES },
]
