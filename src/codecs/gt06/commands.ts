/** What a server says to a tracker of its own accord: commands, addresses, confirmations. For operators and tests. */
import { ascii, frame, padded, u16, u32 } from './encode.ts'

/** A command's text must fit a short frame with flag, language, serial and CRC. */
export const COMMAND_TEXT_MAX = 240
const PRINTABLE = /^[\x20-\x7e]+$/

export interface CommandOptions {
  /** 32 bits the unit repeats in its reply. */
  flag?: number
  serial?: number
  /** 1 Chinese, 2 English; absent: the field is left out. Some old units need it. */
  language?: number
}

/** 80: a text command, as one would send it by SMS; ends in `#`. The unit answers with 15 or 21 and the same flag. */
export const command = (text: string, { flag = 0, serial = 1, language }: CommandOptions = {}): Uint8Array => {
  if (text.length > COMMAND_TEXT_MAX) throw new RangeError(`a command has at most ${COMMAND_TEXT_MAX} characters`)
  if (!PRINTABLE.test(text)) throw new RangeError('a command is printable ASCII')
  const language16 = language === undefined ? [] : u16(language)
  return frame(0x80, [4 + text.length, ...u32(flag), ...ascii(text), ...language16], serial)
}

/**
 * Texts of the commands operators need. A unit refuses or postpones a cut without a fix or above 20 km/h; bit 7 of TI in
 * the next heartbeat says whether it was made (the alarm `engine_cut`), not the reply's text.
 */
export const CommandText = {
  cutFuel: 'RELAY,1#',
  restoreFuel: 'RELAY,0#',
  /** Without looking at the speed; V5 firmware. */
  cutFuelAtOnce: 'PRELAY,1#',
  /** The first GT06 wants a password. */
  cutFuelOld: (password = '000000') => `DYD,${password}#`,
  restoreFuelOld: (password = '000000') => `HFYD,${password}#`,
  reboot: 'RESET#',
  factory: 'FACTORY#',
  where: 'WHERE#',
  whereOld: 'DWXX#',
  status: 'STATUS#',
  settings: 'PARAM#',
  network: 'GPRSSET#',
  version: 'VERSION#',
  iccid: 'ICCID#',
  useUtc: 'GMT,E,0#',
  /** Seconds between locations, with ACC on and off. */
  timer: (accOnSeconds: number, accOffSeconds?: number) =>
    accOffSeconds === undefined ? `TIMER,${accOnSeconds}#` : `TIMER,${accOnSeconds},${accOffSeconds}#`,
  /** Minutes between heartbeats, with ACC on and off. */
  heartbeat: (accOnMinutes: number, accOffMinutes: number) => `HBT,${accOnMinutes},${accOffMinutes}#`,
  /** Reports the external voltage (94/00) every so many seconds. */
  voltageReports: (seconds: number) => `ADT,ON,${seconds}#`,
  apn: (apn: string, user?: string, password?: string) =>
    user === undefined ? `APN,${apn}#` : `APN,${apn},${user},${password ?? ''}#`,
  data: (on: boolean) => `GPRSON,${on ? 1 : 0}#`,
  /** Where the unit reports to. */
  server: (host: string, port: number, udp = false) =>
    `SERVER,${/^[\d.]+$/.test(host) ? 0 : 1},${host},${port},${udp ? 1 : 0}#`,
} as const

export interface Address {
  text: string
  /** Copied from the request; absent: an alarm's, which goes to the numbers the unit knows. */
  phone?: string
  flag?: number
  serial?: number
  /** UTF-16BE, as the papers have it; else ASCII. */
  utf16?: boolean
}

/** What follows a length byte or two: flag, kind && address && phone ##. */
const addressContent = ({ text, phone, flag = 0, utf16 = false }: Address): number[] => {
  const units = utf16 ? [...text].flatMap((each) => u16(each.charCodeAt(0))) : ascii(text)
  const kind = phone === undefined ? 'ALARMSMS' : 'ADDRESS'
  const number = phone === undefined ? ascii('0'.repeat(PHONE_BYTES)) : padded(phone, PHONE_BYTES)
  return [...u32(flag), ...ascii(`${kind}&&`), ...units, ...ascii('&&'), ...number, ...ascii('##')]
}
const PHONE_BYTES = 21

/** 97: an address in English, to a request or an alarm. */
export const address = (said: Address): Uint8Array => {
  const content = addressContent(said)
  return frame(0x97, [...u16(content.length), ...content], said.serial ?? 1, true)
}

/** 17: an address in Chinese. */
export const addressChinese = (said: Address): Uint8Array => {
  const content = addressContent({ ...said, utf16: true })
  return frame(0x17, [content.length, ...content], said.serial ?? 1)
}

const CARD_MODULE = 0x02

/** 9B: a card read over the serial port is accepted or not. */
export const cardAnswer = (accepted: boolean, serial: number) =>
  frame(0x9b, [CARD_MODULE, accepted ? 1 : 0], serial, true)

/** Bytes of a photo that may be asked for at a time. */
export const PHOTO_PART_MAX = 1024

/** 36: asks an X1 for part of a photo it announced with 35. */
export const photoRequest = (picture: number, offset: number, bytes: number, serial: number): Uint8Array => {
  if (bytes > PHOTO_PART_MAX) throw new RangeError(`a part of a photo has at most ${PHOTO_PART_MAX} bytes`)
  return frame(0x36, [...u32(picture), ...u32(offset), ...u16(bytes)], serial)
}
