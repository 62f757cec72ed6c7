/**
 * `identify`: which protocol bytes belong to and why, the frames they split into, what would be stored of each, and the ack
 * that would be sent. For bytes that nobody knows: who came nearest, and what speaks against it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { FINAL, MAYBE, NO, YES, type Codec } from '../codecs/codec.ts'
import { isPossible, readBy, type Reading } from '../codecs/reading.ts'
import {
  behindLineEnds,
  NOT_A_TRACKER,
  OTHER_CLIENTS,
  recognise,
  recogniseAs,
  recogniserOf,
} from '../codecs/recognise.ts'
import type { Recogniser } from '../codecs/recognise.ts'
import { session, take, type Decoded } from '../codecs/walk.ts'

/** How one codec judged the bytes, prefix by prefix. */
export interface Verdict {
  protocol: string
  verdict: 'yes' | 'maybe' | 'no'
  /** Prefix length at which the verdict was certain; for maybe, all there is. */
  after: number
  /** How the signature that came nearest read the bytes; for yes the one that made it certain. */
  reading: Reading
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
  /** Name of the client of another kind that opens so. */
  otherClient: string | null
  parts: Part[]
}

/** `device`: identity to assume for frames that carry none. */
export function identify(
  codecs: readonly Codec[],
  bytes: Uint8Array,
  device = '',
  receivedMs = Date.now(),
): Identification {
  const recogniser = recogniserOf(codecs)
  const opening = bytes.subarray(behindLineEnds(bytes, 0, bytes.length))
  const verdicts = codecs.map((codec, index) => judge(recogniser, index, codec, opening))
  const index = recognise(recogniser, opening, 0, opening.length, true)
  if (index < 0) {
    const client = index === NOT_A_TRACKER ? OTHER_CLIENTS.map((each) => readBy(each, opening)).find(isPossible)! : null
    return { protocol: null, verdicts, otherClient: client?.signature.name ?? null, parts: [] }
  }
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
  return { protocol: codec.name, verdicts, otherClient: null, parts }
}

function judge(recogniser: Recogniser, index: number, codec: Codec, bytes: Uint8Array): Verdict {
  const verdictAt = (length: number) => recogniseAs(recogniser, index, bytes, 0, length)
  const lengths = Array.from({ length: bytes.length + 1 }, (_, length) => length)
  const after = lengths.find((length) => verdictAt(length) !== MAYBE) ?? bytes.length
  const verdict = verdictAt(after)
  const readings = codec.signatures.map((signature) => readBy(signature, bytes.subarray(0, after)))
  return {
    protocol: codec.name,
    verdict: verdict === YES ? 'yes' : verdict === NO ? 'no' : 'maybe',
    after,
    reading: readings.toSorted((a, b) => weight(b) - weight(a))[0],
  }
}

/** A reading that makes certain counts most, then one that makes possible, then how far it came. */
function weight(reading: Reading): number {
  const { signature, outcome, bytes, confirmed } = reading
  if (!isPossible(reading)) return outcome === 'broken' ? bytes : 1e6 + bytes
  if (outcome === 'unfinished') return 1e9 + bytes
  return (signature.verdict === YES && confirmed !== MAYBE ? 3e9 : 2e9) + bytes
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
  const opening = bytes.subarray(behindLineEnds(bytes, 0, bytes.length))
  if (found.protocol === null) {
    lines.push(
      found.otherClient === null
        ? 'No protocol of this gateway.'
        : `No tracker: a TLS, HTTP or SSH client (${found.otherClient}).`,
      '',
      'Nearest first:',
    )
    const rank = ({ verdict, after }: Verdict) => (verdict === 'no' ? after : after + 0.5)
    for (const verdict of found.verdicts.toSorted((a, b) => rank(b) - rank(a)))
      lines.push(`  ${verdict.protocol}: ${doubt(verdict, opening)}`)
    return lines.join('\n')
  }
  const own = found.verdicts.find((verdict) => verdict.protocol === found.protocol)!
  lines.push(
    `Protocol ${found.protocol}: ${own.verdict === 'yes' ? `certain after ${own.after} bytes` : 'the only one that is possible, and nothing follows'}.`,
    `  signature "${own.reading.signature.name}": ${own.reading.signature.pattern}`,
    `  satisfied by the first ${own.reading.bytes} bytes: ${shown(opening.subarray(0, own.reading.bytes))}${own.reading.confirmed === YES ? ', and confirmed by what follows' : ''}`,
  )
  for (const verdict of found.verdicts)
    if (verdict.protocol !== found.protocol) lines.push(`  not ${verdict.protocol}: ${doubt(verdict, opening)}`)
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

/** What speaks against a protocol: the byte at which the nearest of its signatures ends. */
function doubt({ verdict, after, reading }: Verdict, bytes: Uint8Array): string {
  const { signature, outcome, wanted, confirmed } = reading
  const name = `"${signature.name}"`
  if (verdict === 'yes') return `certain after ${after} bytes, which is later (${name})`
  if (outcome === 'unfinished') return `nothing speaks against it, but ${name} needs more bytes: next ${setOf(wanted)}`
  if (confirmed === MAYBE) return `nothing speaks against it, but what would confirm ${name} is not there yet`
  if (confirmed === NO) return `${name} is satisfied by ${reading.bytes} bytes, but the bytes behind them contradict it`
  if (outcome === 'satisfied') return `possible (${name}), but not certain`
  const at = `byte ${reading.bytes} (${shown(bytes.subarray(reading.bytes - 1, reading.bytes))}) speaks against it`
  if (outcome === 'refuted') return `${at}: it makes ${name} another protocol's opening`
  return `${at}: ${name} takes ${setOf(wanted)} there`
}

/** A set of bytes in words: ranges, or what is missing from it where that is shorter. */
function setOf(bytes: Uint8Array): string {
  const ranges = (wanted: number) => {
    const found: string[] = []
    for (let from = 0; from < 256; from++) {
      if (bytes[from] !== wanted) continue
      let to = from
      while (to < 255 && bytes[to + 1] === wanted) to++
      found.push(from === to ? byteName(from) : `${byteName(from)}-${byteName(to)}`)
      from = to
    }
    return found
  }
  const [some, others] = [ranges(1), ranges(0)]
  if (others.length === 0) return 'any byte'
  return others.length < some.length ? `any byte but ${others.join(' ')}` : some.join(' ')
}

function byteName(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `0x${byte.toString(16).padStart(2, '0')}`
}

/** Text where it is text, else hex. */
function shown(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1')
  if (bytes.length > 0 && /^[\x20-\x7e\r\n]*$/.test(text)) return JSON.stringify(text)
  return Buffer.from(bytes).toString('hex')
}
