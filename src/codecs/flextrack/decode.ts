/** From a frame to its record: which message it is, and what a sentence that is no UNITSTAT says. */
import { COMMA } from '../ascii.ts'
import { attributeClose, attributeOpen, attributeText, elementText, LIST } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { FROM, scanRawFields, TO } from '../fields.ts'
import { isDigits } from '../numbers.ts'
import { Reject } from '../rejects.ts'
import type { Records } from '../records.ts'
import { textEnd } from './fields.ts'
import { findNode, keywordFrom, keywordTo, kindOf } from './frame.ts'
import { FIELDS, Key, KEY_FIELD, Kind, Logon, LOGON, SUT } from './messages.ts'
import { decodeUnitstat } from './unitstat.ts'

export const decode = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: FrameContext,
  records: Records,
  odometerUnitKm: number,
): number => {
  const to = textEnd(bytes, start, end)
  const kind = kindOf(bytes, start, to)
  if (kind === Kind.unitstat) return decodeUnitstat(bytes, start, to, context, records, odometerUnitKm)
  if (kind === Kind.logon) return decodeLogon(bytes, start, to, records)
  if (kind === Kind.none) return decodeSut(records)
  return decodeOther(bytes, start, to, records)
}

const decodeLogon = (bytes: Uint8Array, start: number, to: number, records: Records): number => {
  if (!findNode(bytes, to, Kind.logon)) return -Reject.bad_frame
  const count = scanRawFields(bytes, start, to, FIELDS + 1)
  records.begin(LOGON)
  attributeText(records, Key.index, bytes, FROM[0], TO[0])
  if (count > Logon.iccid && FROM[Logon.iccid] < TO[Logon.iccid])
    attributeText(
      records,
      isDigits(bytes, FROM[Logon.iccid], TO[Logon.iccid]) ? Key.iccid : KEY_FIELD[Logon.iccid],
      bytes,
      FROM[Logon.iccid],
      TO[Logon.iccid],
    )
  records.end()
  return 1
}

/** A keyword nobody documented, or a unit's answer to a command: its name and its fields as sent. */
const decodeOther = (bytes: Uint8Array, start: number, to: number, records: Records): number => {
  records.beginNamed(bytes, keywordFrom, keywordTo)
  attributeText(records, Key.index, bytes, start, keywordFrom - 1)
  if (keywordTo < to) {
    attributeOpen(records, Key.fields, LIST)
    let from = keywordTo + 1
    for (let at = from; at <= to; at++) {
      if (at < to && bytes[at] !== COMMA) continue
      elementText(records, bytes, from, at)
      from = at + 1
    }
    attributeClose(records, LIST)
  }
  records.end()
  return 1
}

/** No sentence: a datagram that net kept because a Lommy network sent it. Its bytes are in `frames`; no more is known. */
const decodeSut = (records: Records): number => {
  records.begin(SUT)
  records.end()
  return 1
}
