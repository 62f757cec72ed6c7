/**
 * How an AIS 140 stream opens: `$` and a comma or a header of the table; C-DAC's types with fifteen digits behind them;
 * and the words of answers to commands.
 */
import { YES } from '../codec.ts'
import type { Signature } from '../signatures.ts'

export const SIGNATURES: readonly Signature[] = [
  { name: 'sentence', pattern: String.raw`\$,`, minBytes: 2, verdict: YES },
  {
    name: 'sentence with a header',
    pattern: String.raw`\$(?:NRM|EPB|LGN|HBT|HLM|ALT|HEADER|Header|PVT|NMP|DP|1),`,
    minBytes: 3,
    verdict: YES,
  },
  { name: 'C-DAC', pattern: String.raw`(?:LGN|NRM|HBT|BTH|EPB|HLM|ALT|CRT|ACK|FUL)\d{15}`, minBytes: 18, verdict: YES },
  { name: 'C-DAC answer', pattern: '(?:ACTVR|HCHKR),', minBytes: 6, verdict: YES },
]
