/**
 * Text recordings, a line each: hex dumps with or without a time, and server logs with the bytes behind `HEX:` or an
 * arrow. Other lines of a log are not data; other lines of a dump are told.
 *
 *   78780d01…                                                  hex
 *   2026-06-01T10:00:00.250Z 78 78 0d 01 …                     time and hex
 *   2026-06-01 10:00:00  INFO: [T5d8c3f2a: gt06 < 203.0.113.5] 78780d01…    a log: `<` came in, `>` went out
 *   2026-06-01 10:00:00 DEBUG: [A1B2C3D4: 5023 < 203.0.113.5] HEX: 78780d01…
 */
import { TCP } from '../../codecs/frame-record.ts'
import type { Chunk, Recording } from './recording.ts'

const TIME_CHARACTERS = new Set('0123456789-:.,TZ+ ')
const HEX_BYTES_MIN = 4
const ZONE = /(Z|[+-]\d\d:?\d\d)$/

/** Reads a text recording; `name` tells its flows from those of other files. */
export function readLines(text: string, name: string): Recording {
  const chunks: Chunk[] = []
  const skipped: string[] = []
  const lines = text.split('\n').map((line) => line.trim())
  const isLog = lines.some((line) => connectionOf(line) !== null || line.includes('HEX:'))
  lines.forEach((line, index) => {
    if (line === '' || line.startsWith('#')) return
    const connection = connectionOf(line)
    if (connection?.outgoing) return
    const found = dataOf(line, connection !== null)
    if (found === null) {
      if (!isLog) skipped.push(`line ${index + 1}: neither hex nor a time and hex`)
      return
    }
    chunks.push({
      flow: connection ? `${name} ${connection.id}` : name,
      transport: TCP,
      remote: connection ? connection.address : '',
      timeMs: found.timeMs,
      bytes: found.bytes,
      whole: true,
      last: false,
    })
  })
  return { chunks, skipped }
}

/** The bracket of a log line: `[id: protocol < address]`. */
function connectionOf(line: string): { id: string; address: string; outgoing: boolean } | null {
  const open = line.indexOf('[')
  const close = line.indexOf(']', open)
  if (open < 0 || close < 0) return null
  const inside = line.slice(open + 1, close)
  const colon = inside.indexOf(':')
  const arrow = Math.max(inside.indexOf('<'), inside.indexOf('>'))
  if (colon < 0 || arrow < colon) return null
  return { id: inside.slice(0, colon).trim(), address: inside.slice(arrow + 1).trim(), outgoing: inside[arrow] === '>' }
}

/** Time and bytes of a line; NaN where it has no time, null where it has no bytes. */
function dataOf(line: string, isLog: boolean): { timeMs: number; bytes: Uint8Array } | null {
  const mark = line.indexOf('HEX:')
  if (mark >= 0 || isLog) {
    const hex = mark >= 0 ? line.slice(mark + 4) : line.slice(line.indexOf(']') + 1)
    return withBytes(hex, timeOf(line))
  }
  const timeMs = timeOf(line)
  if (Number.isNaN(timeMs)) return withBytes(line, NaN)
  // The date, the time if a space parts them, the zone likewise.
  const words = line.split(/\s+/)
  const behind = words.slice(words[0].includes('T') ? 1 : 2)
  return withBytes((ZONE.test(behind[0] ?? '') ? behind.slice(1) : behind).join(''), timeMs)
}

function withBytes(text: string, timeMs: number): { timeMs: number; bytes: Uint8Array } | null {
  const hex = text.replaceAll(/\s/g, '')
  if (hex.length < 2 * HEX_BYTES_MIN || hex.length % 2 !== 0 || !/^[0-9a-fA-F]+$/.test(hex)) return null
  return { timeMs, bytes: Uint8Array.from(Buffer.from(hex, 'hex')) }
}

/** The time a line opens with, UTC where no zone is said; NaN if it opens with none. */
function timeOf(line: string): number {
  const opening = line.startsWith('[') ? line.slice(1) : line
  let end = 0
  while (end < opening.length && TIME_CHARACTERS.has(opening[end])) end++
  const text = opening.slice(0, end).trim().replace(',', '.')
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/.test(text)) return NaN
  // A dump's hex may follow the time with nothing but a space between.
  const words = text.split(' ')
  const time = words[0].includes('T') ? words[0] : `${words[0]}T${words[1]}`
  const zone = words[words[0].includes('T') ? 1 : 2] ?? ''
  if (ZONE.test(time)) return Date.parse(time)
  return Date.parse(`${time}${ZONE.test(zone) ? zone : 'Z'}`)
}
