/** From a frame to its record: which message it is, and who reads it. */
import type { FrameContext } from '../codec.ts'
import { FROM, scanFields, TO } from '../fields.ts'
import { SMS } from '../frame-record.ts'
import { Reject } from '../rejects.ts'
import type { Records } from '../records.ts'
import { endsWithStar, textEnd } from './fields.ts'
import { Kind, kindOf, openingKind } from './frame.ts'
import { classify, EFFECT_OF, keywordEnd } from './keywords.ts'
import { Effect, Field, FIELDS_MAX, MESSAGE_HEARTBEAT, MESSAGE_LOGON } from './messages.ts'
import { decodeObd, decodeTpms } from './obd.ts'
import { decodePhoto } from './photo.ts'
import { decodeReport, isFlag } from './report.ts'
import { decodeSms } from './sms.ts'
import { decodeStar, looksLikeStar } from './star.ts'
import type { Zones } from './zones.ts'

export const decode = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: FrameContext,
  records: Records,
  zones: Zones,
): number => {
  if (context.transport === SMS) return decodeSms(bytes, start, end, context, records, zones)
  let kind = openingKind(bytes, start, end)
  if (kind === Kind.heartbeat) return bare(MESSAGE_HEARTBEAT, records)
  if (kind === Kind.logon) return bare(MESSAGE_LOGON, records)
  if (kind === Kind.none) return -Reject.bad_frame

  let to = textEnd(bytes, start, end)
  const star = endsWithStar(bytes, start, to)
  if (star) to--
  const count = scanFields(bytes, start, to, FIELDS_MAX, 0)
  kind = kindOf(bytes, count)
  if (kind === Kind.logon) return bare(MESSAGE_LOGON, records)
  const flagged = isFlag(bytes, Field.flag)
  // Before all keywords: the star variant has the tracker's name there, and that may be any of them.
  if (!flagged && looksLikeStar(bytes, count)) return decodeStar(bytes, count, context, records)
  if (kind === Kind.photo) return decodePhoto(bytes, records)

  const keywordTo = keywordEnd(bytes, FROM[Field.keyword], TO[Field.keyword])
  const keyword = classify(bytes, FROM[Field.keyword], keywordTo)
  const effect = EFFECT_OF[keyword]
  if (effect === Effect.obd) return decodeObd(bytes, count, context, records, zones)
  if (effect === Effect.tpms) return decodeTpms(bytes, count, context, records, zones)
  if (!flagged && star) return decodeStar(bytes, count, context, records)
  return decodeReport(bytes, count, keyword, keywordTo, context, records, zones)
}

/** A message that says no more than that the tracker is there. */
const bare = (message: Uint8Array, records: Records): number => {
  records.begin(message)
  records.end()
  return 1
}
