/** What a unit says about itself: registration, authentication, attributes, parameters. */
import {
  attributeClose,
  attributeHex,
  attributeInt,
  attributeText,
  elementOpen,
  key,
  LIST,
  OBJECT,
} from '../attributes.ts'
import { isPrintable, u16, u32 } from '../bytes.ts'
import type { Records } from '../records.ts'
import { F } from './frame.ts'
import { rest } from './record.ts'
import { name, sayClose, sayInt, sayNibbles, sayOpen, sayText } from './say.ts'

const VERSION = name('version'),
  PROVINCE = name('province'),
  CITY = name('city'),
  MAKER = name('maker'),
  MODEL = name('model'),
  TERMINAL = name('terminal_id'),
  PLATE_COLOUR = name('plate_colour'),
  PLATE = name('plate'),
  VIN = name('vin'),
  AUTH_CODE = name('auth_code'),
  IMEI = name('imei'),
  SOFTWARE = name('software_version')

/** Offsets by the edition of the standard; each field ends where the next begins. */
const MAKER_AT = 4
const MODEL_AT = [9, 9, 15],
  TERMINAL_AT = [17, 29, 45],
  COLOUR_AT = [24, 36, 75]
const EDITION_2011 = 0,
  EDITION_2013 = 1,
  EDITION_2019 = 2
const BODY_2013 = 37,
  BODY_2011 = 25,
  BODY_2019 = 76

export const register = (records: Records, b: Uint8Array, at: number, end: number): void => {
  sayVersion(records)
  const length = end - at
  const edition = F.is2019 ? EDITION_2019 : length >= BODY_2013 ? EDITION_2013 : EDITION_2011
  if (length < (edition === EDITION_2019 ? BODY_2019 : BODY_2011)) return rest(records, b, at, end)
  sayInt(records, PROVINCE, u16(b, at))
  sayInt(records, CITY, u16(b, at + 2))
  sayText(records, MAKER, b, at + MAKER_AT, at + MODEL_AT[edition])
  sayText(records, MODEL, b, at + MODEL_AT[edition], at + TERMINAL_AT[edition])
  sayText(records, TERMINAL, b, at + TERMINAL_AT[edition], at + COLOUR_AT[edition])
  const colour = b[at + COLOUR_AT[edition]]
  sayInt(records, PLATE_COLOUR, colour)
  // A vehicle without a plate tells its VIN instead.
  sayText(records, colour === 0 ? VIN : PLATE, b, at + COLOUR_AT[edition] + 1, end)
}

const sayVersion = (records: Records): void => {
  if (F.is2019) sayInt(records, VERSION, F.bytes[F.head + 4])
}

const IMEI_BYTES = 15,
  SOFTWARE_BYTES = 20

export const authenticate = (records: Records, b: Uint8Array, at: number, end: number): void => {
  sayVersion(records)
  if (!F.is2019) {
    sayText(records, AUTH_CODE, b, at, end)
    return
  }
  const length = at < end ? b[at] : 0
  const imei = at + 1 + length
  if (imei > end) return rest(records, b, at, end)
  sayText(records, AUTH_CODE, b, at + 1, imei)
  sayText(records, IMEI, b, imei, Math.min(end, imei + IMEI_BYTES))
  const software = imei + IMEI_BYTES
  if (software < end) sayText(records, SOFTWARE, b, software, Math.min(end, software + SOFTWARE_BYTES))
  rest(records, b, software + SOFTWARE_BYTES, end)
}

const TYPE = name('type'),
  ICCID = name('iccid'),
  HARDWARE = name('hardware'),
  FIRMWARE = name('firmware'),
  GNSS = name('gnss'),
  RADIO = name('radio')
const ATTRIBUTES_MODEL_AT = 7
const ICCID_BYTES = 10

/** 0x0107. The sum of the fields counts, not the offsets the 2013 text prints. */
export const deviceAttributes = (records: Records, b: Uint8Array, at: number, end: number): void => {
  const terminal = at + (F.is2019 ? 37 : 27)
  const iccid = at + (F.is2019 ? 67 : 34)
  if (iccid + ICCID_BYTES > end) return rest(records, b, at, end)
  sayInt(records, TYPE, u16(b, at))
  sayText(records, MAKER, b, at + 2, at + ATTRIBUTES_MODEL_AT)
  sayText(records, MODEL, b, at + ATTRIBUTES_MODEL_AT, terminal)
  sayText(records, TERMINAL, b, terminal, iccid)
  sayNibbles(records, ICCID, b, iccid, iccid + ICCID_BYTES)
  let from = iccid + ICCID_BYTES
  if (from >= end || from + 1 + b[from] > end) return rest(records, b, from, end)
  sayText(records, HARDWARE, b, from + 1, from + 1 + b[from])
  from += 1 + b[from]
  if (from >= end || from + 1 + b[from] > end) return rest(records, b, from, end)
  sayText(records, FIRMWARE, b, from + 1, from + 1 + b[from])
  from += 1 + b[from]
  if (from < end) sayInt(records, GNSS, b[from])
  if (from + 1 < end) sayInt(records, RADIO, b[from + 1])
  rest(records, b, from + 2, end)
}

const REPLY_SERIAL = name('reply_serial'),
  COUNT = name('count'),
  PARAMETERS = name('parameters')
const ID = key('id'),
  VALUE = key('value')

/** 0x0104: serial u16, count u8, { id u32, length u8, value }. Numbers as numbers, text as text. */
export const parameters = (records: Records, b: Uint8Array, at: number, end: number): void => {
  sayInt(records, REPLY_SERIAL, u16(b, at))
  sayInt(records, COUNT, b[at + 2])
  let from = at + 3
  if (from + 5 > end || !sayOpen(records, PARAMETERS, LIST)) return rest(records, b, from, end)
  for (; from + 5 <= end && from + 5 + b[from + 4] <= end; from += 5 + b[from + 4]) {
    const id = u32(b, from)
    const length = b[from + 4]
    const value = from + 5
    elementOpen(records)
    attributeInt(records, ID, id)
    if (isText(id) && isPrintable(b, value, value + length)) attributeText(records, VALUE, b, value, value + length)
    else if (length === 1) attributeInt(records, VALUE, b[value])
    else if (length === 2) attributeInt(records, VALUE, u16(b, value))
    else if (length === 4) attributeInt(records, VALUE, u32(b, value))
    else if (isPrintable(b, value, value + length)) attributeText(records, VALUE, b, value, value + length)
    else attributeHex(records, VALUE, b, value, value + length)
    attributeClose(records, OBJECT)
  }
  sayClose(records, LIST)
  rest(records, b, from, end)
}

/** Parameters that are text by the standard: APN, users, servers, phones, plate. */
const isText = (id: number): boolean =>
  (id >= 0x10 && id <= 0x17) || (id >= 0x23 && id <= 0x26) || (id >= 0x40 && id <= 0x49) || id === 0x83
