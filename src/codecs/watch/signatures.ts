/** How a stream of the watch family opens: `[MM*`, an id of 5 to 20 digits, a star, the length or index in hex, a star. */
import { YES } from '../codec.ts'
import type { Signature } from '../signatures.ts'

export const SIGNATURES: readonly Signature[] = [
  { name: 'header', pattern: String.raw`\[[0-9A-Za-z]{2}\*\d{5,20}\*[0-9A-Fa-f]{4}\*`, minBytes: 15, verdict: YES },
]
