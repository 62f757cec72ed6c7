/** Additional items of locations in bytes, for tests and the simulator. */
import { ascii, bcd, item, u16, u32 } from './write.ts'

export interface Cell {
  mcc: number
  mnc: number
  lac: number
  cid: number
  signal: number
}
export interface AccessPoint {
  /** aa:bb:cc:dd:ee:ff */
  mac: string
  rssi: number
}

const u24 = (value: number) => u32(value).slice(1)
const s8 = (value: number) => value & 0xff
const signMagnitude = (value: number) => u16(value < 0 ? 0x8000 | -value : value)
const mac = (text: string) => bcd(text.replaceAll(':', ''))
const accessPoints = (list: readonly AccessPoint[]) => list.flatMap((each) => [...mac(each.mac), s8(each.rssi)])
const NO_TEMPERATURE = [0xff, 0xff]
/** Item EB's entries count their type with their value. */
const ebEntry = ([type, value]: readonly [number, readonly number[]]) => [
  ...u16(value.length + 2),
  ...u16(type),
  ...value,
]

export const Item = {
  // The standard.
  odometer: (km: number) => item(0x01, u32(Math.round(km * 10))),
  fuel: (litres: number) => item(0x02, u16(Math.round(litres * 10))),
  fuelPct: (percent: number) => item(0x02, u16(0x8000 | percent)),
  recorderSpeed: (kph: number) => item(0x03, u16(Math.round(kph * 10))),
  confirmAlarm: (id: number) => item(0x04, u16(id)),
  tyrePressures: (each: readonly number[]) => item(0x05, each),
  temperature: (celsius: number) => item(0x06, signMagnitude(celsius)),
  /** Personal trackers: the battery in the item of the temperature. */
  batteryByte: (percent: number) => item(0x06, [percent]),
  overspeed: (place: number, area?: number) => item(0x11, area === undefined ? [place] : [place, ...u32(area)]),
  /** An area was entered, or left. */
  area: (inside: boolean, id = 1, kind = 1) => item(0x12, [kind, ...u32(id), inside ? 0 : 1]),
  segment: (id: number, seconds: number, tooLong: boolean) =>
    item(0x13, [...u32(id), ...u16(seconds), tooLong ? 1 : 0]),
  signals: (bits: number) => item(0x25, u32(bits)),
  io: (bits: number) => item(0x2a, u16(bits)),
  analogue: (ad0: number, ad1: number) => item(0x2b, [...u16(ad1), ...u16(ad0)]),
  csq: (csq: number) => item(0x30, [csq]),
  satellites: (count: number) => item(0x31, [count]),

  // Personal and asset trackers.
  satellitesGps: (count: number) => item(0x32, [count]),
  satellitesBds: (count: number) => item(0x33, [count]),
  temperatures: (tenths: readonly (number | null)[]) =>
    item(
      0x51,
      tenths.flatMap((each) => (each === null ? NO_TEMPERATURE : signMagnitude(each))),
    ),
  drum: (state: number) => item(0x52, [state]),
  cells2g: (cells: readonly Cell[]) =>
    item(0x53, [
      cells.length,
      ...cells.flatMap(({ mcc, mnc, lac, cid, signal }) => [...u16(mcc), mnc, ...u16(lac), ...u16(cid), signal]),
    ]),
  wifi: (list: readonly AccessPoint[]) => item(0x54, [list.length, ...accessPoints(list)]),
  battery: (percent: number) => item(0x56, [Math.floor(percent / 10), percent]),
  /** A level of 0 to 10 alone. */
  batteryLevel: (level: number) => item(0x56, [level, 0]),
  /** Bits 8 harsh acceleration, 9 braking, 10 cornering. */
  driving: (bits: number) => item(0x57, [...u16(bits), 0, 0, 0, 0, 0, 0]),
  humidity: (percent: number) => item(0x58, u16(Math.round(percent * 10))),
  cells4g: (cells: readonly Cell[]) =>
    item(0x5d, [
      cells.length,
      ...cells.flatMap(({ mcc, mnc, lac, cid, signal }) => [...u16(mcc), mnc, ...u16(lac), ...u32(cid), signal]),
    ]),
  supply: (volts: number) => item(0x61, u16(Math.round(volts * 100))),
  batteryFine: (percent: number) => item(0x68, u16(Math.round(percent * 100))),
  batteryVolts: (volts: number) => item(0x69, u16(Math.round(volts * 100))),
  iccid: (digits: string) => item(0xf1, ascii(digits)),
  firmware: (text: string) => item(0xf2, ascii(text)),
  armed: (armed: boolean) => item(0xf3, [armed ? 1 : 0]),
  /** Bits 0 harsh acceleration, 1 deceleration, 2 braking, 3 turn, 4 collision, 5 roll-over, 6 and 7 inputs. */
  events: (bits: number) => item(0xf4, u16(bits)),
  acceleration: (x: number, y: number, z: number) => item(0xf5, [...u16(x), ...u16(y), ...u16(z)]),
  illuminance: (value: number) => item(0xf5, u16(value)),
  mode: (mode: number, positioning: number, recording: number, charging: boolean, complete: boolean) =>
    item(0xf6, [mode, positioning, recording, (charging ? 1 : 0) | (complete ? 2 : 0)]),

  // Other makers.
  lockEvent: (event: number) => item(0x60, u16(event)),
  /** 0x64 ADAS, 0x65 DMS, 0x66 tyres, 0x67 blind spot, 0x70 driving. */
  safety: (id: 0x64 | 0x65 | 0x66 | 0x67 | 0x70, serial: number, flag: number, type: number, rest: readonly number[]) =>
    item(id, [...u32(serial), flag, type, ...rest]),
  tyres: (list: readonly { index: number; id: number; pressure40ths: number; celsius: number; status: number }[]) =>
    item(
      0x77,
      list.flatMap(({ index, id, pressure40ths, celsius, status }) => [
        index,
        ...u24(id),
        ...u16(pressure40ths),
        celsius + 50,
        status,
      ]),
    ),
  /** Item 80: its own byte is the speed; what follows in the body belongs to the list. */
  obd: (kph: number, entries: readonly number[]) => [...item(0x80, [kph]), ...entries],
  supplyTenths: (volts: number, id: 0x82 | 0xd3 = 0x82) => item(id, u16(Math.round(volts * 10))),
  odometerM: (metres: number, id: 0xac | 0xfe = 0xac) => item(id, u32(metres)),
  driverName: (text: string) => item(0xbc, ascii(text)),
  driverId: (text: string) => item(0xbd, ascii(text)),
  iccidText: (digits: string) => item(0xcc, ascii(digits)),
  /** A percentage, or null: charging. */
  batteryOrCharging: (percent: number | null, id: 0xd4 | 0xe1 = 0xd4) => item(id, [percent ?? 0xff]),
  batteryVoltsD5: (volts: number) => item(0xd5, u16(Math.round(volts * 100))),
  rope: (cuts: number, state: number) => item(0xda, [...u16(cuts), state]),
  networkCells: (mcc: number, mnc: number, cells: readonly { lac: number; cid: number; signal: number }[]) =>
    item(0xe1, [
      ...u16(mcc),
      ...u16(mnc),
      ...cells.flatMap(({ lac, cid, signal }) => [...u24(lac), ...u32(cid), signal]),
    ]),
  batteryE3: (percent: number, volts: number) => item(0xe3, [0, percent, ...u16(Math.round(volts * 100))]),
  batteryE4: (charging: boolean, percent: number) => item(0xe4, [charging ? 0 : 1, percent]),
  moving: (moving: boolean) => item(0xe5, [moving ? 1 : 0]),
  ble: (list: readonly { index: number; mac: string; celsius: number; celsius255ths: number; humidity: number }[]) =>
    item(
      0xe6,
      list.flatMap((tag) => [tag.index, ...mac(tag.mac), s8(tag.celsius), tag.celsius255ths, tag.humidity, 0]),
    ),
  /** Bit 0 vibration, bits 1 to 3 SOS. */
  personalAlarms: (bits: number) => item(0xe7, [...u16(bits), 0, 0, 0, 0, 0, 0]),
  jimiAlarm: (type: number) => item(0xe8, u16(type)),
  timeZone: (text: string) => item(0xeb, ascii(text)),
  nested: (entries: readonly (readonly [type: number, value: readonly number[]])[]) =>
    item(0xeb, entries.flatMap(ebEntry)),
  wifiEc: (list: readonly AccessPoint[]) => item(0xec, accessPoints(list)),
  cellEe: ({ mcc, mnc, lac, cid, signal }: Cell) => item(0xee, [...u16(mcc), mnc, ...u16(lac), ...u32(cid), signal]),
  cellsAovx: (cells: readonly Cell[]) =>
    item(
      0xf0,
      cells.flatMap(({ mcc, mnc, lac, cid, signal }) => [...u16(mcc), ...u16(mnc), ...u32(cid), ...u32(lac), signal]),
    ),
  batteryF7: (volts: number, state: number, percent: number) =>
    item(0xf7, [...u32(Math.round(volts * 1000)), state, percent]),
  steps: (count: number) => item(0xf8, u16(count)),
  alarmsFa: (bits: number) => item(0xfa, u32(bits)),
  batteryFb: (percent: number, volts: number, charging: boolean) =>
    item(0xfb, [percent, ...u16(Math.round(volts * 100)), charging ? 1 : 0]),
  batteryFe: (percent: number) => item(0xfe, [percent]),
} as const
