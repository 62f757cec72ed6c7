/**
 * `identify`: which protocol bytes belong to and why, the frames they split into, what would be stored of each, and the ack
 * that would be sent. For bytes that nobody knows: who came nearest, and what speaks against it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { FINAL, NO, YES, type Codec } from '../codecs/codec.ts'
import { NOT_A_TRACKER, recognise } from '../codecs/recognise.ts'
import { session, take, type Decoded } from '../codecs/walk.ts'

/** How one codec judged the bytes, prefix by prefix. */
export interface Verdict {
  protocol: string
  verdict: 'yes' | 'maybe' | 'no'
  /** Prefix length at which the verdict was certain; for maybe, all there is. */
  after: number
}

/** A part of the bytes: a frame, or a run that is none. */
export interface Part {
  offset: number
  bytes: Uint8Array
  decoded: Decoded | null
  /** What a login says besides the identity: it goes to the row of its session. */
  login: Record<string, unknown>
}

export interface Identification {
  protocol: string | null
  verdicts: Verdict[]
  otherClient: boolean
  parts: Part[]
}

/** `device`: identity to assume for frames that carry none. */
export function identify(
  codecs: readonly Codec[],
  bytes: Uint8Array,
  device = '',
  receivedMs = Date.now(),
): Identification {
  const verdicts = codecs.map((codec) => judge(codec, bytes))
  const index = recognise(codecs, bytes, 0, bytes.length, true)
  if (index < 0) return { protocol: null, verdicts, otherClient: index === NOT_A_TRACKER, parts: [] }
  const codec = codecs[index]
  const parts: Part[] = []
  const into = session(device)
  for (let at = 0; at < bytes.length;) {
    const size = codec.split(bytes, at, bytes.length, FINAL)
    const end = size === 0 ? bytes.length : at + Math.abs(size)
    const last = parts.at(-1)
    if (size > 0) {
      const frame = bytes.slice(at, end)
      const decoded = take(codec, frame, into, receivedMs)
      const login = decoded.rows.length === 0 ? codec.describeLogin?.(frame, 0, frame.length) : undefined
      parts.push({ offset: at, bytes: frame, decoded, login: login ?? {} })
    } else if (last && last.decoded === null) last.bytes = bytes.slice(last.offset, end)
    else parts.push({ offset: at, bytes: bytes.slice(at, end), decoded: null, login: {} })
    at = end
  }
  return { protocol: codec.name, verdicts, otherClient: false, parts }
}

function judge(codec: Codec, bytes: Uint8Array): Verdict {
  for (let length = 1; length <= bytes.length; length++) {
    const verdict = codec.recognise(bytes, 0, length)
    if (verdict === YES) return { protocol: codec.name, verdict: 'yes', after: length }
    if (verdict === NO) return { protocol: codec.name, verdict: 'no', after: length }
  }
  return { protocol: codec.name, verdict: 'maybe', after: bytes.length }
}

/** Bytes of an argument: a file's content, `-` for standard input, hex digits, or text with \r and \n written out. */
export function readArgument(argument: string): Uint8Array {
  if (argument === '-') return unwrapped(readFileSync(0))
  if (existsSync(argument)) return unwrapped(readFileSync(argument))
  return fromText(argument)
}

/** A file may hold the bytes themselves or a hex dump of them. */
function unwrapped(content: Buffer): Uint8Array {
  return isHex(content.toString('latin1')) ? fromText(content.toString('latin1')) : Uint8Array.from(content)
}

function fromText(text: string): Uint8Array {
  if (isHex(text)) return Uint8Array.from(Buffer.from(text.replaceAll(/[\s:]/g, ''), 'hex'))
  return Uint8Array.from(Buffer.from(text.replaceAll(String.raw`\r`, '\r').replaceAll(String.raw`\n`, '\n'), 'latin1'))
}

/** At least four bytes of hex digits; a heartbeat of digits alone would pass for hex, so it needs a letter or a space. */
function isHex(text: string): boolean {
  const digits = text.replaceAll(/[\s:]/g, '')
  return (
    digits.length >= 8 &&
    digits.length % 2 === 0 &&
    /^[0-9a-f]+$/i.test(digits) &&
    (/[a-f\s]/i.test(text.trim()) || digits.length > 20)
  )
}

/** The identification in words. */
export function report(found: Identification, bytes: Uint8Array): string {
  const lines = [`${bytes.length} bytes: ${shown(bytes.subarray(0, 48))}${bytes.length > 48 ? ' …' : ''}`, '']
  if (found.protocol === null) {
    lines.push(
      found.otherClient ? 'No tracker: a TLS, HTTP or SSH client.' : 'No protocol of this gateway.',
      '',
      'Nearest first:',
    )
    const nearest = found.verdicts.toSorted((a, b) => b.after - a.after)
    for (const { protocol, verdict, after } of nearest)
      lines.push(
        verdict === 'maybe'
          ? `  ${protocol}: nothing speaks against it, but it needs more bytes to be sure`
          : `  ${protocol}: byte ${after} (${shown(bytes.subarray(after - 1, after))}) speaks against it`,
      )
    return lines.join('\n')
  }
  const own = found.verdicts.find((verdict) => verdict.protocol === found.protocol)!
  lines.push(
    `Protocol ${found.protocol}: ${own.verdict === 'yes' ? `certain after ${own.after} bytes` : 'the only one that nothing speaks against'}.`,
  )
  for (const { protocol, verdict, after } of found.verdicts)
    if (protocol !== found.protocol)
      lines.push(
        `  not ${protocol}: ${verdict === 'no' ? `byte ${after} (${shown(bytes.subarray(after - 1, after))}) speaks against it` : 'less certain'}`,
      )
  for (const { offset, bytes: part, decoded, login } of found.parts) {
    lines.push('')
    if (!decoded) {
      lines.push(`At ${offset}, ${part.length} bytes that are no frame: ${shown(part)}`)
      continue
    }
    lines.push(`At ${offset}, a frame of ${part.length} bytes: ${shown(part)}`)
    lines.push(`  device: ${decoded.device || 'not said; in a session it is the one that logged in (see --device)'}`)
    lines.push(`  ack: ${decoded.ack.length > 0 ? shown(decoded.ack) : 'none'}`)
    if (decoded.reject) lines.push(`  rejected: ${decoded.reject}`)
    else if (Object.keys(login).length > 0) lines.push(`  attributes of the session: ${JSON.stringify(login)}`)
    else if (decoded.rows.length === 0) lines.push('  nothing to store besides the frame')
    for (const { table, attributes, ...columns } of decoded.rows) {
      const said = Object.entries(columns).filter(
        ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
      )
      lines.push(`  row of ${table}:`)
      for (const [name, value] of said)
        lines.push(`    ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      if (Object.keys(attributes).length > 0) lines.push(`    attributes: ${JSON.stringify(attributes)}`)
    }
  }
  return lines.join('\n')
}

/** Text where it is text, else hex. */
function shown(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1')
  if (bytes.length > 0 && /^[\x20-\x7e\r\n]*$/.test(text)) return JSON.stringify(text)
  return Buffer.from(bytes).toString('hex')
}
