/** Alarm conditions: a location raises those that begin with it. */
import { u16, u32 } from '../bytes.ts'
import { conditionsOf } from './alarms.ts'
import { F } from './frame.ts'
import { BATTERY_REPORT, Batch, Body, BODY, Location } from './messages.ts'
import type { Settings } from './settings.ts'
import { conditionsBefore, holdConditions, MARKS } from './state.ts'

/** No location in the open frame. */
const NONE = -1

/** Offset of the first location of the open frame. */
const first = (): number => {
  if (F.packet > 1) return NONE
  switch (BODY[F.id]) {
    case Body.location:
      return F.body + Location.size <= F.bodyEnd ? F.body : NONE
    case Body.locationReply:
      return F.body + 2 + Location.size <= F.bodyEnd ? F.body + 2 : NONE
    case Body.batch:
      return next(F.body + Batch.size, 2)
    case Body.shortBatch:
      return F.bodyEnd - F.body === BATTERY_REPORT ? NONE : next(F.body, 1)
  }
  return NONE
}

/** Offset of the first location among the entries from `at` on, whose lengths have `lengthBytes`. */
const next = (at: number, lengthBytes: number): number => {
  for (let from = at; from + lengthBytes <= F.bodyEnd;) {
    const length = lengthBytes === 2 ? u16(F.bytes, from) : F.bytes[from]
    from += lengthBytes
    if (length >= Location.size) return from + Location.size <= F.bodyEnd ? from : NONE
    from += length
  }
  return NONE
}

/**
 * What tells a frame from the one before it: the date of its first location, which differs unless it comes again. Odd factors,
 * so that a report each hour or day differs too.
 */
const markOf = (at: number): number => {
  const b = F.bytes
  const date = at + Location.time
  return (b[date + 2] * 151 + b[date + 3] * 101 + b[date + 4] * 37 + b[date + 5]) & (MARKS - 1)
}

/** The open frame holds stored locations: older than what the session knows, they are judged among themselves. */
const isStored = (): boolean =>
  BODY[F.id] === Body.batch &&
  F.packet <= 1 &&
  F.body + Batch.size <= F.bodyEnd &&
  F.bytes[F.body + Batch.type] === Batch.stored

/** Conditions before the first location of the open frame. */
export const conditionsAtStart = (state: Int32Array): number => {
  if (isStored()) return 0
  const at = first()
  return at === NONE ? conditionsBefore(state, NONE) : conditionsBefore(state, markOf(at))
}

/** Takes what holds after the open frame. */
export const afterLocations = (state: Int32Array, settings: Settings): void => {
  const from = isStored() ? NONE : first()
  if (from === NONE) return
  const mark = markOf(from)
  const before = conditionsBefore(state, mark)
  let last = from
  const lengthBytes = BODY[F.id] === Body.batch ? 2 : BODY[F.id] === Body.shortBatch ? 1 : 0
  if (lengthBytes > 0)
    for (let at = from; at !== NONE;) {
      last = at
      const length = lengthBytes === 2 ? u16(F.bytes, at - 2) : F.bytes[at - 1]
      at = next(at + length, lengthBytes)
    }
  holdConditions(state, conditionsOf(u32(F.bytes, last + Location.alarm) | 0, settings), before, mark)
}
