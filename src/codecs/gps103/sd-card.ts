/**
 * The log on a tracker's SD card as frames. No maker documents the file; what is known is that stored records are
 * the sentences that go out live, with their old times. So this reads lines of such sentences, ended by `;` or a line
 * end, and says of everything else why it is none.
 *
 * A sentence from the card is the frame it would have been over a connection: same hash, same rows. Where it has local
 * time only, its zone comes from a session like any other: take the frames of a log through one, in their order.
 */
import { CR, LF, NUL, SPACE } from '../ascii.ts'
import { BAD_IDENTITY, DEVICE_ID_MAX, FINAL } from '../codec.ts'
import { DAY_MS } from '../dates.ts'
import { FROM, scanFields, TO } from '../fields.ts'
import { endsWithStar, textEnd } from './fields.ts'
import { identify, Kind, kindOf, openingKind, split } from './frame.ts'
import { classify, EFFECT_OF, keywordEnd } from './keywords.ts'
import { Effect, Field, FIELDS_MAX } from './messages.ts'
import { isFlag } from './report.ts'
import { dayOfStar, looksLikeStar } from './star.ts'
import { believable, localDay } from './time.ts'

/** Why a piece of a log is not replayed. */
export type SkipReason =
  | 'not_a_frame' // no sentence of this protocol
  | 'cut_off' // the end of the file, without a terminator: the card was pulled, or the power failed
  | 'bad_identity' // its id is no number
  | 'no_record' // a logon or heartbeat: it says nothing about the past
  | 'no_date' // it has no date, or one that cannot be: replayed, it would get that of the replay

export interface SdCardLog {
  /** In the order of the file; `line` counts from 1. */
  frames: { frame: Uint8Array; line: number }[]
  skipped: { bytes: Uint8Array; line: number; reason: SkipReason }[]
}

/** Cuts a log into frames. `nowMs`: dates more than a day later are none. */
export const sdCardFrames = (log: Uint8Array, nowMs: number): SdCardLog => {
  const found: SdCardLog = { frames: [], skipped: [] }
  let line = 1
  for (let from = 0; from < log.length; line++) {
    let to = log.indexOf(LF, from)
    if (to < 0) to = log.length
    for (let at = from; at < to;) {
      const size = split(log, at, to, FINAL)
      const end = at + Math.abs(size)
      const bytes = log.slice(at, end)
      if (size > 0) {
        const reason = reasonAgainst(bytes, end === log.length, nowMs)
        if (reason === null) found.frames.push({ frame: bytes, line })
        else found.skipped.push({ bytes, line, reason })
      } else if (!bytes.every(isPadding)) found.skipped.push({ bytes, line, reason: 'not_a_frame' })
      at = end
    }
    from = to + 1
  }
  return found
}

const isPadding = (byte: number): boolean => byte === CR || byte === SPACE || byte === NUL

/** Why a frame is not replayed; null: it is. */
const reasonAgainst = (frame: Uint8Array, atEnd: boolean, nowMs: number): SkipReason | null => {
  const end = frame.length
  if (identify(frame, 0, end, new Uint8Array(DEVICE_ID_MAX)) === BAD_IDENTITY) return 'bad_identity'
  const opening = openingKind(frame, 0, end)
  let to = textEnd(frame, 0, end)
  const star = endsWithStar(frame, 0, to)
  if (atEnd && to === end && !star) return 'cut_off'
  if (opening !== Kind.report) return 'no_record'
  if (star) to--
  const count = scanFields(frame, 0, to, FIELDS_MAX, 0)
  const kind = kindOf(frame, count)
  if (kind === Kind.logon) return 'no_record'
  if (kind === Kind.photo) return 'no_date'
  const day = dayOf(frame, count, star)
  return day >= 0 && believable(day * DAY_MS, nowMs) ? null : 'no_date'
}

/** The day that the fields noted say, as `dayOfCentury` counts; -1: none. */
const dayOf = (frame: Uint8Array, count: number, star: boolean): number => {
  const keyword = classify(frame, FROM[Field.keyword], keywordEnd(frame, FROM[Field.keyword], TO[Field.keyword]))
  const effect = EFFECT_OF[keyword]
  const isReport = isFlag(frame, Field.flag) || effect === Effect.obd || effect === Effect.tpms
  if (!isReport && (star || looksLikeStar(frame, count))) return dayOfStar(frame)
  const shift = effect === Effect.dispatch && !isFlag(frame, Field.flag) ? 1 : 0
  return localDay(frame, Field.localTime + shift)
}
