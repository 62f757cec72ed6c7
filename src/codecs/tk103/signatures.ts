/**
 * How a TK103 stream opens: a parenthesis, a header of 11 to 15 letters and digits (shorter ones open no
 * connection), `B`, a capital, two digits; or an id of
 * 8 to 15 digits and a command between commas.
 */
import { YES } from '../codec.ts'
import type { Signature } from '../signatures.ts'

/** Topflytech says `BP00XG` behind an IMEI. */
const TOPFLYTECH = String.raw`\(\d{15}BP00XG`

export const SIGNATURES: readonly Signature[] = [
  {
    name: 'command behind a header',
    pattern: String.raw`\([0-9A-Za-z]{11,15}B[A-Z]\d{2}`,
    minBytes: 16,
    verdict: YES,
    unless: TOPFLYTECH,
  },
  {
    name: 'command between commas',
    pattern: String.raw`\(\d{8,15},(?:BP|BR|BO|ZC|DW)[0-9A-F]{2},`,
    minBytes: 15,
    verdict: YES,
  },
]
