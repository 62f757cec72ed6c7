/** Frames of clones and special models, as their trackers send them; for tests. Names are those of the papers and field logs. */
import {
  ascii,
  bcd,
  be,
  date,
  frame,
  g18,
  gps,
  l10,
  l15,
  l8,
  l9,
  listed,
  mac,
  network,
  padded,
  points,
  s5,
  slots,
  tail,
  ti,
  topinFrame,
  u16,
  u24,
  u32,
  type AccessPoint,
  type Cell,
  type Fix,
  type Status,
  type Tail,
} from './encode.ts'

const imei16 = (imei: string) => bcd(imei.padStart(16, '0'))
const unix = (ms: number) => u32(Math.round(ms / 1000))
const text = (value: string) => [value.length, ...ascii(value)]
/** TI, voltage × 100, GSM, alarm: VXT01's status. */
const vxt = (status: Status, powerCentivolts: number) => [
  ti(status),
  ...u16(powerCentivolts),
  status.gsm ?? 4,
  status.alarm ?? 0,
]

// 13

export interface LongStatus {
  gsm: number
  satellites: number
  batteryPct: number
  centivolts: number
}

/** 13 of OBD6 and ZX units, n = 16. */
export const heartbeatLong = (status: Status, more: LongStatus, tenthsOfDegree: number, serial: number): Uint8Array => {
  const signal = (more.gsm & 31) | ((more.satellites & 31) << 5)
  const sign = tenthsOfDegree >= 0 ? 0x8000 : 0
  return frame(
    0x13,
    [
      ti(status),
      ...u16(signal),
      status.alarm ?? 0,
      2,
      more.batteryPct,
      0,
      ...u16(more.centivolts),
      0,
      ...u16(3),
      ...u16(60),
      ...u16(sign | Math.abs(tenthsOfDegree)),
    ],
    serial,
  )
}

// Locations with G18 and a tail of their own.

/** 12 of BENWAY: ACC, input 2 and an analogue value in tenths. */
export const benway = (fix: Fix, cell: Cell, acc: boolean, input2: boolean, analogTenths: number, serial: number) =>
  frame(
    0x12,
    [...g18(fix), ...l8(cell), ...u16((acc ? 0x8000 : 0) | (input2 ? 0x4000 : 0) | (analogTenths & 0x3ff))],
    serial,
  )

/** 12 and 16 of VXT01. */
export const vxtLocation = (
  number: 0x12 | 0x16,
  fix: Fix,
  cell: Cell,
  status: Status,
  centivolts: number,
  serial: number,
) => frame(number, [...g18(fix), ...l8(cell), ...vxt(status, centivolts)], serial)

/** 12 of S5: fuel, temperature, mileage in units of 10 m. */
export const s5Location = (
  fix: Fix,
  cell: Cell,
  status: Status,
  more: { centivolts: number; fuelRaw: number; celsius: number; decametres: number },
  serial: number,
): Uint8Array => {
  const degrees = more.celsius < 0 ? 0x80 | -more.celsius : more.celsius
  const content = [...vxt(status, more.centivolts), ...u16(more.fuelRaw), degrees, ...u32(more.decametres)]
  return frame(0x12, [...g18(fix), ...l8(cell), ...content], serial)
}

/** 12 of WETRUST (n = 36 with a card of one byte) and of GT06E (n ≥ 108). */
export const cardLocation = (
  fix: Fix,
  cell: Cell,
  mileage: number,
  card: string,
  drivingTime: number | null,
  serial: number,
) =>
  frame(
    0x12,
    [...g18(fix), ...l8(cell), ...u32(mileage), ...text(card), 0, 1, ...(drivingTime === null ? [] : u16(drivingTime))],
    serial,
  )

/** 12 of QH302R: the IMEI in front. */
export const qh302rLocation = (imei: string, fix: Fix, cell: Cell, serial: number) =>
  frame(0x12, [...imei16(imei), ...g18(fix), ...l8(cell)], serial)

/** 17: a card was read here. */
export const rfidLocation = (fix: Fix, cell: Cell, card: number[], serial: number) =>
  frame(0x17, [...g18(fix), ...l8(cell), ...card, 1], serial)

/** 16 of TRX16i: a card, eight bytes, or zeros. */
export const cardAlarm = (fix: Fix, cell: Cell, status: Status, card: number[], serial: number) =>
  frame(0x16, [...g18(fix), 8, ...l8(cell), ...s5(status), ...card], serial)

/** 16 and 26 without a cell. */
export const bareAlarm = (number: 0x16 | 0x26, fix: Fix, status: Status, serial: number) =>
  frame(number, [...g18(fix), 0, ...s5(status)], serial)

/** 16 and 26 with a cell identity of four bytes. */
export const alarmL9 = (number: 0x16 | 0x26, fix: Fix, cell: Cell, status: Status, serial: number) =>
  frame(number, [...g18(fix), 0x0a, ...l9(cell), ...s5(status)], serial)

/** 31 of SL4X. */
export const sl4xLocation = (fix: Fix, cell: Cell, said: Tail, altitudeM: number, serial: number) =>
  frame(0x31, [...g18(fix), ...l10(cell), ...tail({ ...said, mileage: said.mileage ?? 0 }), ...u16(altitudeM)], serial)

/** 32 of SL4X. */
export const sl4xAlarm = (fix: Fix, cell: Cell, status: Status, altitudeM: number | null, serial: number) =>
  frame(0x32, [...g18(fix), 0x0a, ...l10(cell), ...s5(status), ...(altitudeM === null ? [] : u16(altitudeM))], serial)

/** 22 of SEEWORLD: trip time, hundredths of a degree (sign and magnitude), hundredths of a percent. */
export const seeworldLocation = (
  fix: Fix,
  cell: Cell,
  said: Tail,
  more: { tripTime: number; temperature: number; humidity: number },
  serial: number,
): Uint8Array => {
  const temperature = more.temperature < 0 ? 0x8000 | -more.temperature : more.temperature
  const content = [...u32(more.tripTime), ...u16(temperature), ...u16(more.humidity)]
  return frame(0x22, [...g18(fix), ...l9(cell), ...tail({ ...said, mileage: said.mileage ?? 0 }), ...content], serial)
}

/** A3 of SEEWORLD. */
export const seeworldStatus = (
  status: Status,
  volts: number,
  steps: number,
  batteryPct: number,
  moving: boolean,
  serial: number,
) =>
  frame(
    0xa3,
    [
      ti(status),
      0,
      0,
      status.voltageLevel ?? 6,
      status.gsm ?? 4,
      volts,
      2,
      1,
      0,
      ...u32(steps),
      batteryPct,
      status.charging ? 1 : 0,
      moving ? 1 : 0,
      ...u24(0), // n is 19, though the papers name 16 bytes
    ],
    serial,
  )

/** 24 of SR411 mini. */
export const sr411Location = (fix: Fix, cell: Cell, acc: boolean, power: number, battery: number, serial: number) =>
  frame(
    0x24,
    [...g18(fix), ...l8(cell), acc ? 1 : 0, ...u16(power), ...u16(battery), ...Array<number>(10).fill(0)],
    serial,
  )

/** 36 of TRX16i. */
export const trx16iLocation = (
  fix: Fix,
  cell: Cell,
  said: Tail,
  more: { centivolts: number; batteryTenths: number; engineMinutes: number; card: number[] },
  serial: number,
): Uint8Array => {
  const content = [...u16(more.centivolts), more.batteryTenths, ...u24(more.engineMinutes), ...more.card]
  return frame(0x36, [...g18(fix), ...l9(cell), ...tail({ ...said, mileage: said.mileage ?? 0 }), ...content], serial)
}

/** A2 of LW4G. */
export const lw4gLocation = (
  fix: Fix,
  cell: Cell,
  status: Status,
  more: { centivolts: number; mileage: number; engineSeconds: number; imei: string; inputs: number },
  serial: number,
): Uint8Array => {
  const head = [4, ti(status), ...u16(more.centivolts), status.voltageLevel ?? 6, status.gsm ?? 4, status.alarm ?? 0, 2]
  const rest = [...u32(more.mileage), ...u32(more.engineSeconds), ...imei16(more.imei), ...u16(more.inputs)]
  return frame(0xa2, [...g18(fix), ...l15(cell), ...head, ...rest], serial)
}

/** 22 and 25 of NT11 … NT46, VL100, XT40; 25 with a driver. */
export const ntLocation = (
  number: 0x22 | 0x25,
  imei: string,
  fix: Fix,
  cell: Cell,
  status: Status,
  more: { centivolts: number; batteryTenths: number; mileage: number; engineMinutes: number; driver?: number[] },
  serial: number,
): Uint8Array => {
  const block = number === 0x22 ? l8(cell) : l9(cell)
  const driver = more.driver ?? []
  return frame(
    number,
    [
      1,
      ...imei16(imei),
      ...date(fix.timeMs),
      ...g18(fix),
      block.length + 1,
      ...block,
      ti(status),
      ...u16(more.centivolts),
      more.batteryTenths,
      ...s5(status).slice(2),
      ...u24(more.mileage),
      ...u24(more.engineMinutes),
      ...(number === 0x22 ? [] : [driver.length + (driver.length ? 1 : 0), ...(driver.length ? [2, ...driver] : [])]),
    ],
    serial,
  )
}

/** 34 of X1, with analogue values × 100. */
export const x1Location = (
  fix: Fix,
  cell: Cell,
  more: {
    mileage: number
    driver: number
    power: number
    battery: number
    inputs: number
    outputs: number
    analog: number[]
  },
  serial: number,
): Uint8Array => {
  const ports = more.analog.length << 20
  const content = [...u32(more.mileage), ...l9(cell), ...u32(more.driver), ...u16(more.power), ...u16(more.battery)]
  const io = [...u32(ports), more.inputs, more.outputs, ...more.analog.flatMap(u16)]
  return frame(0x34, [...u32(0), ...g18(fix), ...u16(0), ...content, ...io], serial)
}

/** 61: an iButton was held to the reader. */
export const ibutton = (imei: string, fix: Fix, cell: Cell, id: number, serial: number) =>
  frame(0x61, [...imei16(imei), ...g18(fix), ...l9(cell), ...be(id, 6)], serial)

/** 1E of JI09: a position and seven cells. */
export const positionCells = (fix: Fix, seen: Cell[], serial: number): Uint8Array =>
  frame(0x1e, [...g18(fix), ...network(seen[0]), ...slots(seen, 7, 2, 3), 0xff, ...u16(2)], serial)

/** 65, 66, 8C: `key=value,…`, and the position behind it. */
export const obd = (number: 0x65 | 0x66 | 0x8c, fix: Fix, acc: boolean, pairs: string, serial: number) =>
  frame(number, [...date(fix.timeMs), acc ? 1 : 0, ...ascii(pairs), ...gps(fix)], serial, true)

/** 32 and 33 of AZ735; `fix` null: no GPS part. */
export const az735 = (
  number: 0x32 | 0x33,
  timeMs: number,
  fix: Fix | null,
  cell: Cell,
  gsm: number,
  wifi: AccessPoint[],
  status: number,
  serial: number,
): Uint8Array => {
  const place = fix ? gps(fix) : []
  const serving = [...l8(cell), gsm]
  const access = points(wifi)
  const lists = [serving.length, ...serving, 0, access.length, ...access]
  return frame(number, [...date(timeMs), place.length, ...place, ...lists, status, 0], serial, true)
}

// Cells and access points.

/** 24 of WANWAY S20. */
export const countedCells = (timeMs: number, seen: Cell[], serial: number): Uint8Array => {
  const content = [...date(timeMs), 0xff, ...network(seen[0], false), seen.length, ...listed(seen, 2, 3)]
  return frame(0x24, [...content, ...Array<number>(44 - content.length).fill(0)], serial)
}

/** 33 of SL4X: six cells of long identities and access points. */
export const sl4xCells = (timeMs: number, seen: Cell[], wifi: AccessPoint[], serial: number): Uint8Array => {
  const head = [...date(timeMs), ...u16(seen[0].mcc), ...u16(seen[0].mnc)]
  return frame(0x33, [...head, ...slots(seen, 6, 2, 4), 0xff, wifi.length, ...points(wifi)], serial)
}

/** F3: access points alone. */
export const wifiList = (timeMs: number, macs: string[], serial: number) =>
  frame(0xf3, [...date(timeMs), macs.length, ...macs.flatMap((address) => [0, 0, ...mac(address)])], serial)

// Cameras and media.

export interface CameraEvent {
  event: number
  data: number
  files: string[]
}

/** 95 with a position; `volts` and a version byte in the marked form, neither satellites nor speed in the other. */
export const cameraAlarm = (
  fix: Fix,
  said: CameraEvent,
  marked: { tenthsOfVolt: number } | null,
  serial: number,
): Uint8Array => {
  const [quantity, ...place] = gps(fix)
  const coordinates = place.slice(0, 8)
  const course = place.slice(9)
  const event = [said.event, ...u16(said.data), ...ascii(said.files.join(','))]
  if (!marked) return frame(0x95, [...date(fix.timeMs), ...coordinates, ...course, ...event], serial)
  const motion = [...course, ...u16(fix.speedKph ?? 0), ...u16(marked.tenthsOfVolt)]
  return frame(0x95, [0xff, 0xff, 1, ...date(fix.timeMs), quantity, ...coordinates, ...motion, ...event], serial)
}

/** 95 with the event alone. */
export const cameraEvent = (timeMs: number, event: number, serial: number) =>
  frame(0x95, [...date(timeMs), event], serial)

/** 35 of X1: a photo is ready. */
export const photoInfo = (fix: Fix, fileLength: number, picture: number, serial: number): Uint8Array => {
  const coordinates = gps(fix).slice(1, 9)
  return frame(0x35, [...date(fix.timeMs), 1, ...coordinates, 1, 0, 2, ...u32(fileLength), ...u32(picture)], serial)
}

/** 36 of X1: part of a photo. */
export const photoData = (picture: number, offset: number, part: number[], serial: number) =>
  frame(0x36, [...u32(picture), ...u32(offset), ...u16(part.length), ...part], serial)

export interface Battery {
  serialNumber: number[]
  timeMs: number
  pct: number
  millivolts: number
  cycles: number
  cellMillivolts: number[]
  barcode: string
  maker: string
}

/** 40 of WD-209: a vehicle's battery. */
export const batteryReport = (battery: Battery, serial: number): Uint8Array => {
  const state = [battery.pct, ...u16(9000), battery.pct, ...u16(10_000), 98, ...u16(2981), ...u16(12)]
  const cells = Array.from({ length: 14 }, (_, at) => u16(battery.cellMillivolts[at] ?? 0)).flat()
  return frame(
    0x40,
    [
      ...battery.serialNumber,
      ...unix(battery.timeMs),
      ...state,
      ...u16(battery.millivolts),
      ...u16(battery.cycles),
      ...cells,
      ...u16(1),
      ...u16(2),
      ...padded(battery.barcode, 16),
      ...u16(3),
      ...padded(battery.maker, 16),
      ...u32(4),
      ...u32(5),
      ...u32(6),
    ],
    serial,
  )
}

/** 41 of WD-209: part of a recording. */
export const multimedia = (
  serialNumber: number[],
  timeMs: number,
  cell: Cell,
  media: { id: number; length: number; event: number; part: number; data: number[] },
  serial: number,
): Uint8Array => {
  const head = [...serialNumber, ...unix(timeMs), ...Array<number>(14).fill(0), ...l8(cell)]
  const about = [...u32(media.id), ...u32(media.length), 1, 2, media.event, ...u16(media.part)]
  return frame(0x41, [...head, ...about, ...media.data], serial, true)
}

// Topin.

/** 10 (live) and 11 (stored). */
export const topinLocation = (number: 0x10 | 0x11, fix: Fix, altitudeM: number, alarms: number): Uint8Array => {
  const content = [...g18(fix), ...u16(altitudeM), alarms]
  return topinFrame(content.length, number, content)
}

/** 17 and 69: access points and cells. */
export const topinWifi = (number: 0x17 | 0x69, timeMs: number, wifi: AccessPoint[], seen: Cell[]): Uint8Array => {
  const when = date(timeMs).map((part) => bcd(String(part))[0])
  return topinFrame(wifi.length, number, [
    ...when,
    ...points(wifi),
    seen.length,
    ...network(seen[0], false),
    ...listed(seen, 2, 2),
  ])
}
