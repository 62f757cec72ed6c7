/** What the encoder can say, the decoder reads, however the stream is cut; and no bytes break a codec function. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { FINAL, NEED_MORE } from '../../src/codecs/codec.ts'
import * as encode from '../../src/codecs/jt808/encode.ts'
import { jt808, jt808Options } from '../../src/codecs/jt808/index.ts'
import { type Row } from '../../src/codecs/row.ts'
import { session, take } from './harness.ts'
import { expectSound } from './properties.ts'

const codec = jt808(jt808Options.parse({ jimi_alarms: true }))
const personal = jt808(jt808Options.parse({ alarm_profile: 'personal', check: 'lenient', auth: 'strict' }))
const NOW = Date.parse('2026-03-14T10:00:00Z')
const { Item } = encode

/** A message: how it is written, and the rows it must give. */
interface Message {
  write(head: encode.Head): Uint8Array
  rows: Record<string, unknown>[]
}
const telemetry = (message: string, said: object = {}) => ({ table: 'telemetry', message, ...said })

const byte = fc.nat(0xff)
const word = fc.nat(0xffff)
const dword = fc.nat(0xffff_ffff)
const bytesOf = (maxLength: number) => fc.array(byte, { minLength: 1, maxLength })
const percent = fc.nat(100)
const words = fc.string({ unit: fc.constantFrom(...'ABZabz019.,:-#'), minLength: 1, maxLength: 12 })
const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length })
const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((all) =>
  Buffer.from(all)
    .toString('hex')
    .replaceAll(/..(?=.)/g, '$&:'),
)
const times = fc.integer({ min: Date.parse('2015-01-01') / 1000, max: NOW / 1000 }).map((seconds) => seconds * 1000)
const iso = (timeMs: number) => new Date(timeMs).toISOString()
const hex = (all: readonly number[] | Uint8Array) => Buffer.from(all).toString('hex')

/** Alarms that are events: each is one whatever came before. */
const EVENTS: [number, string][] = [
  [1, 'sos'],
  [1 << 3, 'danger_warning'],
  [1 << 15, 'low_battery'],
  [1 << 27, 'ignition_illegal'],
  [1 << 28, 'movement'],
]
const alarms = fc.subarray(EVENTS)
const namesOf = (bits: readonly [number, string][]) => bits.map(([, name]) => name).toSorted()
/** Alarms have no order. */
const sorted = (rows: readonly Row[]) => rows.map((row) => ({ ...row, alarms: (row.alarms as string[]).toSorted() }))

const fixes = fc.record({
  timeMs: times,
  latitude: fc.integer({ min: -90_000_000, max: 90_000_000 }).map((e6) => e6 / 1e6),
  longitude: fc.integer({ min: -180_000_000, max: 180_000_000 }).map((e6) => e6 / 1e6),
  altitudeM: fc.integer({ min: -500, max: 9000 }),
  speedKph: fc.nat(2500).map((tenths) => tenths / 10),
  courseDeg: fc.nat(359),
  valid: fc.boolean(),
  ignition: fc.boolean(),
  alarms,
})
type Said = typeof fixes extends fc.Arbitrary<infer T> ? T : never
const fixOf = (said: Said): encode.Fix => ({ ...said, alarm: said.alarms.reduce((bits, [bit]) => bits | bit, 0) })
const nowhere = ({ latitude, longitude }: Said) => latitude === 0 && longitude === 0

function rowOfFix(message: string, said: Said, more: object = {}): Record<string, unknown> {
  const status = {
    message,
    alarms: namesOf(said.alarms),
    ignition: said.ignition,
    ...more,
  }
  if (nowhere(said)) return { table: 'telemetry', sent_at: iso(said.timeMs), ...status }
  return {
    table: 'fixes',
    fix_time: iso(said.timeMs),
    latitude: said.latitude,
    longitude: said.longitude,
    altitude_m: said.altitudeM,
    speed_kph: Math.fround(said.speedKph),
    course_deg: said.courseDeg,
    valid: said.valid,
    source: said.valid ? 'gnss' : 'last_known',
    ...status,
  }
}
/** A fix in the messages that say less of it. */
const placeOf = (message: string, { timeMs, latitude, longitude }: Said, more: object = {}) => ({
  table: 'fixes',
  message,
  fix_time: iso(timeMs),
  latitude,
  longitude,
  ...more,
})

const MESSAGES: Record<string, fc.Arbitrary<Message>> = {
  location: fc
    .record({
      said: fixes,
      km: fc.nat(1e8),
      csq: fc.nat(31),
      satellites: byte,
      battery: fc.integer({ min: 1, max: 100 }),
    })
    .map(({ said, km, csq, satellites, battery }) => ({
      write: (head) =>
        encode.location(fixOf(said), head, [
          ...Item.odometer(km / 10),
          ...Item.csq(csq),
          ...Item.satellites(satellites),
          ...Item.battery(battery),
        ]),
      rows: [
        rowOfFix('0200', said, {
          odometer_km: km / 10,
          rssi: 2 * csq - 113,
          battery_pct: battery,
          buffered: said.timeMs < NOW - 300_000,
        }),
      ],
    })),
  batch: fc
    .record({ all: fc.array(fixes, { minLength: 1, maxLength: 8 }), stored: fc.boolean() })
    .map(({ all, stored }) => ({
      write: (head) =>
        encode.batch(
          all.map((said, at) => encode.locationBody(fixOf(said), Item.satellites(at))),
          stored,
          head,
        ),
      rows: all.map((said) => rowOfFix('0704', said, { buffered: stored || said.timeMs < NOW - 600_000 })),
    })),
  'batch in packets': fc
    .record({ all: fc.array(fixes, { minLength: 2, maxLength: 8 }), size: fc.integer({ min: 30, max: 200 }) })
    .map(({ all, size }) => ({
      write: (head) => {
        const body = encode.batchBody(
          all.map((said) => encode.locationBody(fixOf(said), Item.odometer(7))),
          true,
        )
        const packets = head.delimiter ? [encode.frame(0x0704, body, head)] : encode.packets(0x0704, body, size, head)
        return Uint8Array.from(Buffer.concat(packets))
      },
      rows: all.map((said) => rowOfFix('0704', said, { buffered: true, odometer_km: 7 })),
    })),
  'short batch': fc.array(fixes, { minLength: 1, maxLength: 8 }).map((all) => ({
    write: (head) =>
      encode.shortBatch(
        all.map((said) => encode.locationBody(fixOf(said))),
        head,
      ),
    rows: all.map((said) => rowOfFix('0210', said)),
  })),
  'position reply': fc.record({ said: fixes, serial: word }).map(({ said, serial }) => ({
    write: (head) => encode.positionReply(serial, encode.locationBody(fixOf(said)), head),
    rows: [rowOfFix('0201', said, { attributes: expect.objectContaining({ reply_serial: serial }) })],
  })),
  'control reply': fc.record({ said: fixes, serial: word }).map(({ said, serial }) => ({
    write: (head) => encode.controlReply(serial, encode.locationBody(fixOf(said)), head),
    rows: [rowOfFix('0500', said, { attributes: expect.objectContaining({ reply_serial: serial }) })],
  })),
  jointech: fc
    .record({
      said: fixes,
      lat: fc.integer({ min: -53_999_999, max: 53_999_999 }),
      lon: fc.integer({ min: 1, max: 107_999_999 }),
      stored: fc.boolean(),
      battery: percent,
      km: dword,
      satellites: byte,
      speed: fc.nat(99),
      alarm: fc.subarray([
        [1, 'overspeed'],
        [2, 'low_power'],
        [4, 'vibration'],
        [8, 'low_battery'],
        [32, 'geofence_enter'],
        [64, 'geofence_exit'],
      ] as [number, string][]),
    })
    .map(({ said, lat, lon, stored, battery, km, satellites, speed, alarm }) => ({
      write: ({ phone, serial }) =>
        encode.jointech(
          {
            timeMs: said.timeMs,
            latitude: lat / 600_000,
            longitude: lon / 600_000,
            valid: said.valid,
            speed,
            courseDeg: said.courseDeg & ~1,
            signal: 9,
            satellites,
            odometerKm: km,
            battery,
            cell: 5,
            lac: 4,
            product: 3,
            status: 0,
            alarm: alarm.reduce((bits, [bit]) => bits | bit, 0),
          },
          { phone: phone.slice(-12), serial },
          { stored, answer: true },
        ),
      rows: [
        {
          table: 'fixes',
          message: stored ? '5502' : '5501',
          fix_time: iso(said.timeMs),
          latitude: expect.closeTo(lat / 600_000, 6),
          longitude: expect.closeTo(lon / 600_000, 6),
          course_deg: said.courseDeg & ~1,
          speed_kph: Math.fround(speed * 1.852),
          valid: said.valid,
          buffered: stored || said.timeMs < NOW - 300_000,
          battery_pct: battery,
          odometer_km: km,
          satellites,
          alarms: namesOf(alarm),
        },
      ],
    })),
  'plain fix': fixes
    .filter((said) => !nowhere(said))
    .map((said) => ({
      write: (head) => encode.plainFix(fixOf(said), head),
      rows: [placeOf('0900', said, { altitude_m: said.altitudeM, course_deg: said.courseDeg, valid: true })],
    })),
  'OBD alarms': fc
    .record({ said: fixes.filter((said) => !nowhere(said)), stored: fc.boolean(), value: bytesOf(4) })
    .map(({ said, stored, value }) => ({
      write: (head) =>
        encode.obdAlarms(
          fixOf(said),
          [
            [0x1a, []],
            [0x02, value],
          ],
          stored,
          head,
        ),
      rows: [
        placeOf('0900', said, {
          valid: said.valid,
          buffered: stored || said.timeMs < NOW - 300_000,
          alarms: ['harsh_acceleration', 'power_cut'],
        }),
      ],
    })),
  heartbeat: fc.constant({ write: encode.heartbeat, rows: [telemetry('0002')] }),
  'personal heartbeat': fc
    .record({ battery: percent, signal: byte, status: byte })
    .map(({ battery, signal, status }) => ({
      write: (head) => encode.personalHeartbeat(battery, signal, status, head),
      rows: [telemetry('0002', { battery_pct: battery, attributes: expect.objectContaining({ signal, status }) })],
    })),
  'battery report': fc.record({ battery: percent, timeMs: times }).map(({ battery, timeMs }) => ({
    write: (head) => encode.batteryReport(battery, timeMs, head),
    rows: [telemetry('0210', { battery_pct: battery, sent_at: iso(timeMs) })],
  })),
  'log-out': fc.constant({ write: encode.logOut, rows: [telemetry('0003')] }),
  'time request': fc.constant({
    write: encode.askTime,
    rows: [telemetry(expect.stringMatching(/^0109|0004$/))],
  }),
  'resend request': fc
    .record({ serial: word, missing: fc.array(word, { minLength: 1, maxLength: 20 }) })
    .map(({ serial, missing }) => ({
      write: (head) => encode.askResend(serial, missing, head),
      rows: [
        telemetry('0005', { attributes: expect.objectContaining({ reply_serial: serial, packets_wanted: missing }) }),
      ],
    })),
  'general reply': fc.record({ serial: word, id: word, result: fc.nat(4) }).map(({ serial, id, result }) => ({
    write: (head) => encode.generalReply(serial, id, result, head),
    rows: [telemetry('0001', { attributes: expect.objectContaining({ reply_serial: serial, reply_id: id, result }) })],
  })),
  register: fc
    .record({
      maker: digits(5),
      model: digits(8),
      terminalId: digits(7),
      plateColour: fc.nat(9),
      plate: digits(8),
      old: fc.boolean(),
    })
    .map(({ plateColour, plate, old, ...said }) => ({
      // The length tells the editions of 2011 and 2013 apart: plates of up to eleven bytes are of 2011.
      write: (head) => encode.register({ ...said, plateColour, plate }, head, old ? 2011 : 2013),
      rows: [
        telemetry('0100', {
          attributes: expect.objectContaining({
            maker: said.maker,
            model: said.model,
            terminal_id: said.terminalId,
            plate_colour: plateColour,
            [plateColour === 0 ? 'vin' : 'plate']: plate,
          }),
        }),
      ],
    })),
  authenticate: fc.record({ code: digits(12), imei: digits(15) }).map(({ code, imei }) => ({
    write: (head) => encode.authenticate(code, head, imei, 'V1'),
    rows: [telemetry('0102', { attributes: expect.objectContaining({ auth_code: code }) })],
  })),
  'parameters reply': fc
    .record({ serial: word, interval: dword, host: words, radius: word })
    .map(({ serial, interval, host, radius }) => ({
      write: (head) =>
        encode.parametersReply(
          serial,
          [
            [encode.ParameterId.intervalS, interval],
            [encode.ParameterId.server, host],
            [encode.ParameterId.movementRadiusM, radius, 2],
          ],
          head,
        ),
      rows: [
        telemetry('0104', {
          attributes: expect.objectContaining({
            reply_serial: serial,
            count: 3,
            parameters: [
              { id: 0x29, value: interval },
              { id: 0x13, value: host },
              { id: 0x31, value: radius },
            ],
          }),
        }),
      ],
    })),
  'attributes reply': fc
    .record({
      type: word,
      maker: digits(5),
      model: digits(20),
      terminalId: digits(7),
      iccid: digits(20),
      hardware: words,
      firmware: words,
      gnss: fc.nat(15),
      radio: byte,
    })
    .map((said) => ({
      write: (head) => encode.attributesReply(said, head),
      rows: [
        telemetry('0107', {
          attributes: expect.objectContaining({
            type: said.type,
            maker: said.maker,
            model: said.model,
            terminal_id: said.terminalId,
            iccid: said.iccid,
            hardware: said.hardware,
            firmware: said.firmware,
            gnss: said.gnss,
            radio: said.radio,
          }),
        }),
      ],
    })),
  'upgrade result': fc.record({ kind: byte, result: fc.nat(2) }).map(({ kind, result }) => ({
    write: (head) => encode.upgradeResult(kind, result, head),
    rows: [telemetry('0108', { attributes: expect.objectContaining({ upgrade_type: kind, result }) })],
  })),
  'text report': words.map((text) => ({
    write: (head) => encode.textReport(text, head),
    rows: [telemetry('6006', { attributes: expect.objectContaining({ encoding: 0, text }) })],
  })),
  'vendor reply': words.map((text) => ({
    write: (head) => encode.vendorReply(text, head),
    rows: [telemetry('0701', { attributes: expect.objectContaining({ text }) })],
  })),
  'text reply': fc
    .record({ serial: word, text: fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.toWellFormed()) })
    .map(({ serial, text }) => ({
      write: (head) => encode.textReply(serial, text, head),
      rows: [telemetry('1300', { attributes: expect.objectContaining({ reply_serial: serial, text }) })],
    })),
  'driver card': fc
    .record({ timeMs: times, result: fc.nat(4), name: words, id: digits(18), agency: words, inserted: fc.boolean() })
    .map(({ timeMs, result, name, id, agency, inserted }) => ({
      write: (head) =>
        encode.driverCard(
          { timeMs, inserted: inserted ? { result, name, id, agency, validUntil: '20301231' } : undefined },
          head,
        ),
      rows: [
        telemetry('0702', {
          sent_at: iso(timeMs),
          attributes: expect.objectContaining(
            inserted
              ? {
                  card_state: 1,
                  card_result: result,
                  driver_name: name,
                  driver_id: id,
                  agency,
                  valid_until: '20301231',
                }
              : { card_state: 2 },
          ),
        }),
      ],
    })),
  'media event': fc
    .record({ id: dword, kind: fc.nat(2), format: fc.nat(4), event: byte, channel: byte })
    .map(({ id, kind, format, event, channel }) => ({
      write: (head) => encode.mediaEvent(id, kind, format, event, channel, head),
      rows: [
        telemetry('0800', {
          attributes: expect.objectContaining({
            media_id: id,
            media_kind: kind,
            media_format: format,
            media_event: event,
            channel,
          }),
        }),
      ],
    })),
  media: fc
    .record({ id: dword, said: fixes.filter((each) => !nowhere(each)), data: bytesOf(100) })
    .map(({ id, said, data }) => ({
      write: (head) => encode.media(id, fixOf(said), data, head),
      rows: [placeOf('0801', said, { attributes: expect.objectContaining({ media_id: id, data_bytes: data.length }) })],
    })),
  transparent: fc
    .record({ type: fc.constantFrom(0x00, 0x0b, 0x80), content: bytesOf(60) })
    .map(({ type, content }) => ({
      write: (head) => encode.transparent(type, content, head),
      rows: [
        telemetry('0900', { attributes: expect.objectContaining({ transparent_type: type, body: hex(content) }) }),
      ],
    })),
  gzip: fc.string({ unit: fc.constantFrom(...'abc019'), minLength: 1, maxLength: 200 }).map((text) => ({
    write: (head) => encode.gzipped(Uint8Array.from(Buffer.from(text)), head),
    rows: [telemetry('0901', { attributes: expect.objectContaining({ inflated_bytes: text.length, data: text }) })],
  })),
  accelerations: fc
    .array(
      fc.record({
        timeMs: times,
        axes: fc.array(fc.integer({ min: -0x7fff, max: 0x7fff }), { minLength: 3, maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 20 },
    )
    .map((samples) => ({
      write: (head) => encode.accelerations(samples, head),
      rows: [
        telemetry('2070', {
          sent_at: iso(samples[0].timeMs),
          attributes: expect.objectContaining({
            samples: samples.map(({ axes: [x, y, z] }) => expect.objectContaining({ x: x || 0, y: y || 0, z: z || 0 })),
          }),
        }),
      ],
    })),
  'side text': words.map((text) => ({
    write: () => encode.sideText(`863,${text}`),
    rows: [telemetry('TEXT', { attributes: { text: `863,${text}` } })],
  })),
  unknown: fc
    .record({ id: fc.constantFrom(0x0301, 0x0506, 0x0705, 0x0a00, 0x1007, 0x8888, 0x0abc), body: bytesOf(200) })
    .map(({ id, body }) => ({
      write: (head) => encode.frame(id, body, head),
      rows: [
        telemetry(id.toString(16).toUpperCase().padStart(4, '0'), {
          attributes: expect.objectContaining({ body: hex(body) }),
        }),
      ],
    })),
}

const phoneOf = (most: number) => fc.bigInt({ min: 1n, max: BigInt('9'.repeat(most)) }).map(String)
const forms: fc.Arbitrary<Omit<encode.Head, 'serial'>> = fc.oneof(
  fc.record({ phone: phoneOf(12) }),
  fc.record({ phone: phoneOf(15), version: fc.constant(1) }),
)

/** Splits a stream that arrives in pieces that end at `cuts`, as net does. */
function splitAt(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const frames: Uint8Array[] = []
  let start = 0
  for (const end of [...cuts, stream.length])
    while (start < end) {
      const size = codec.split(stream, start, end, end === stream.length ? FINAL : 0)
      if (size === NEED_MORE) break
      if (size < 0) throw new Error(`skipped ${hex(stream.subarray(start, start - size))}`)
      frames.push(stream.slice(start, start + size))
      start += size
    }
  return frames
}

describe('jt808 streams', () => {
  test('jt808 streams: any messages, cut anywhere, decode to what was encoded', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.oneof(...Object.values(MESSAGES)), word), { minLength: 1, maxLength: 6 }),
        forms,
        fc.array(fc.nat(1_000_000), { maxLength: 8 }),
        (sent, form, cuts) => {
          const frames = sent.map(([message, serial]) => message.write({ ...form, serial }))
          const stream = Uint8Array.from(Buffer.concat(frames))
          const places = cuts.map((cut) => cut % stream.length).toSorted((a, b) => a - b)
          const found = splitAt(stream, places)
          expect(found.map(hex)).toEqual(frames.map(hex))
          const into = session()
          for (const [index, frame] of found.entries()) {
            const { rows, reject } = take(codec, frame, into, NOW)
            expect(reject).toBeNull()
            expect(sorted(rows)).toEqual(sent[index][0].rows.map((row) => expect.objectContaining(row)))
          }
        },
      ),
      { numRuns: 150 },
    )
  })
  for (const [name, messages] of Object.entries(MESSAGES))
    test(`jt808 streams: ${name} comes back, byte by byte, in any form of the header`, () => {
      const any = fc.oneof(forms, fc.record({ phone: phoneOf(14), delimiter: fc.constant(0xe7 as const) }))
      fc.assert(
        fc.property(messages, any, word, (message, form, serial) => {
          const own = name === 'side text' || name === 'jointech'
          const bytes = message.write(own ? { phone: form.phone, serial } : { ...form, serial })
          const every = Array.from(bytes, (_, at) => at)
          expect(splitAt(bytes, every).map(hex)).toEqual([hex(bytes)])
          const { rows, device, reject } = take(codec, bytes, session(), NOW)
          expect(reject).toBeNull()
          if (!own) expect(device).toBe(form.phone)
          expect(sorted(rows)).toEqual(message.rows.map((row) => expect.objectContaining(row)))
        }),
        { numRuns: 12 },
      )
    })
})

/** An item: its bytes, and what they must become in the row. */
interface Told {
  bytes: number[]
  row?: Record<string, unknown>
  attributes?: Record<string, unknown>
}
const said = (bytes: number[], attributes: Record<string, unknown>): Told => ({ bytes, attributes })
const column = (bytes: number[], row: Record<string, unknown>): Told => ({ bytes, row })
const hundredths = word.map((value) => value / 100)
const cells = (cid: number) =>
  fc.array(
    fc.record({ mcc: fc.integer({ min: 201, max: 799 }), mnc: byte, lac: word, cid: fc.nat(cid), signal: byte }),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
const cellRow = ([{ mcc, mnc, lac, cid }]: readonly encode.Cell[]) => ({ mcc, mnc, lac, cell_id: cid })
const cellList = (all: readonly encode.Cell[]) => all.map(({ signal, ...cell }) => ({ ...cell, rssi_raw: signal }))
const points = fc.array(fc.record({ mac, rssi: fc.integer({ min: -128, max: 127 }) }), { minLength: 1, maxLength: 6 })

const ITEMS: Record<string, fc.Arbitrary<Told>> = {
  odometer: dword.map((tenths) => column(Item.odometer(tenths / 10), { odometer_km: tenths / 10 })),
  fuel: fc.nat(0x7fff).map((tenths) => said(Item.fuel(tenths / 10), { fuel_l: tenths / 10 })),
  'fuel percent': percent.map((value) => said(Item.fuelPct(value), { fuel_pct: value })),
  'recorder speed': word.map((tenths) => said(Item.recorderSpeed(tenths / 10), { recorder_speed_kph: tenths / 10 })),
  'alarm to confirm': word.map((id) => said(Item.confirmAlarm(id), { confirm_alarm_id: id })),
  'tyre pressures': bytesOf(30).map((all) => said(Item.tyrePressures(all), { tyre_pressures: all })),
  temperature: fc
    .integer({ min: -300, max: 300 })
    .map((value) => said(Item.temperature(value), { temperature: value || 0 })),
  'battery byte': percent.map((value) => column(Item.batteryByte(value), { battery_pct: value })),
  overspeed: fc
    .tuple(fc.integer({ min: 1, max: 4 }), dword)
    .map(([place, area]) => said(Item.overspeed(place, area), { overspeed_place: place, overspeed_area: area })),
  'overspeed anywhere': fc.constant(said(Item.overspeed(0), { overspeed_place: 0 })),
  area: fc.tuple(fc.boolean(), dword, fc.nat(4)).map(([inside, id, kind]) => ({
    bytes: Item.area(inside, id, kind),
    row: { alarms: [inside ? 'geofence_enter' : 'geofence_exit'] },
    attributes: { geofence_id: id, geofence_place: kind },
  })),
  segment: fc
    .tuple(dword, word, fc.boolean())
    .map(([id, seconds, long]) =>
      said(Item.segment(id, seconds, long), { segment_id: id, segment_time: seconds, segment_too_long: long }),
    ),
  signals: dword.map((bits) => column(Item.signals(bits), { inputs: bits })),
  io: word.map((bits) => said(Item.io(bits), { io_status: bits })),
  analogue: fc.tuple(word, word).map(([ad0, ad1]) => said(Item.analogue(ad0, ad1), { adc0: ad0, adc1: ad1 })),
  csq: fc.nat(31).map((csq) => column(Item.csq(csq), { rssi: 2 * csq - 113 })),
  'csq unknown': fc.integer({ min: 32, max: 255 }).map((csq) => ({
    bytes: Item.csq(csq),
    row: { rssi: null },
    attributes: { item_30: hex([csq]) },
  })),
  satellites: byte.map((count) => column(Item.satellites(count), { satellites: count })),
  'GPS satellites': byte.map((count) => said(Item.satellitesGps(count), { satellites_gps: count })),
  'BDS satellites': byte.map((count) => said(Item.satellitesBds(count), { satellites_bds: count })),
  temperatures: fc
    .array(fc.option(fc.integer({ min: -2000, max: 2000 })), { minLength: 1, maxLength: 8 })
    .map((tenths) =>
      said(Item.temperatures(tenths), {
        temperatures: tenths.map((each, sensor) =>
          each === null ? { sensor } : { sensor, temperature: each / 10 || 0 },
        ),
      }),
    ),
  drum: fc.nat(3).map((state) => said(Item.drum(state), { drum_rotation: state })),
  '2G cells': cells(0xffff).map((all) => ({
    bytes: Item.cells2g(all),
    row: cellRow(all),
    attributes: { cells: cellList(all) },
  })),
  '4G cells': cells(0xffff_ffff).map((all) => ({
    bytes: Item.cells4g(all),
    row: cellRow(all),
    attributes: { cells: cellList(all) },
  })),
  wifi: points.map((all) => said(Item.wifi(all), { wifi: all })),
  battery: fc.integer({ min: 1, max: 100 }).map((value) => column(Item.battery(value), { battery_pct: value })),
  'battery level': fc.nat(10).map((level) => column(Item.batteryLevel(level), { battery_pct: level * 10 })),
  driving: fc
    .subarray([
      [1 << 8, 'harsh_acceleration'],
      [1 << 9, 'harsh_braking'],
      [1 << 10, 'harsh_cornering'],
    ] as [number, string][])
    .map((bits) => column(Item.driving(bits.reduce((all, [bit]) => all | bit, 0)), { alarms: namesOf(bits) })),
  humidity: word.map((tenths) => said(Item.humidity(tenths / 10), { humidity: tenths / 10 })),
  supply: hundredths.map((volts) => column(Item.supply(volts), { power_v: Math.fround(volts) })),
  'battery volts': hundredths.map((volts) => column(Item.batteryVolts(volts), { battery_v: Math.fround(volts) })),
  'battery fine': fc
    .nat(10_000)
    .map((value) => column(Item.batteryFine(value / 100), { battery_pct: Math.round(value / 100) })),
  iccid: digits(20).map((iccid) => said(Item.iccid(iccid), { iccid })),
  'iccid text': digits(20).map((iccid) => said(Item.iccidText(iccid), { iccid })),
  firmware: digits(8).map((text) => said(Item.firmware(text), { firmware: text })),
  armed: fc.boolean().map((armed) => said(Item.armed(armed), { armed })),
  events: fc.nat(0xff).map((bits) => column(Item.events(bits), { inputs: bits >> 6 })),
  acceleration: fc
    .tuple(...[0, 1, 2].map(() => fc.integer({ min: -0x8000, max: 0x7fff })))
    .map(([x, y, z]) => said(Item.acceleration(x, y, z), { acceleration: [x, y, z] })),
  illuminance: word.map((value) => said(Item.illuminance(value), { illuminance: value })),
  mode: fc
    .tuple(byte, byte, byte, fc.boolean(), fc.boolean())
    .map(([mode, positioning, recording, charging, complete]) => ({
      bytes: Item.mode(mode, positioning, recording, charging, complete),
      row: { charging },
      attributes: { mode, positioning, recording, charge_complete: complete },
    })),
  'lock event': word.map((event) => said(Item.lockEvent(event), { event })),
  safety: fc
    .tuple(dword, byte, byte, fc.array(byte, { minLength: 3, maxLength: 41 }))
    .map(([serial, flag, type, rest]) =>
      said(Item.safety(0x65, serial, flag, type, rest), { dms: { serial, flag, type, rest: hex(rest) } }),
    ),
  tyres: fc
    .array(
      fc.record({
        index: byte,
        id: fc.nat(0xff_ffff),
        pressure40ths: fc.nat(0x3ff),
        celsius: fc.integer({ min: -50, max: 200 }),
        status: byte,
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((all) =>
      said(Item.tyres(all), {
        tyres: all.map(({ pressure40ths, celsius, ...tyre }) => ({
          ...tyre,
          pressure_bar: pressure40ths / 40,
          temperature: celsius,
        })),
      }),
    ),
  'supply in tenths': word.map((tenths) =>
    column(Item.supplyTenths(tenths / 10), { power_v: Math.fround(tenths / 10) }),
  ),
  'odometer in metres': dword.map((metres) => column(Item.odometerM(metres), { odometer_km: metres / 1000 })),
  driver: digits(8).map((text) =>
    said([...Item.driverName(text), ...Item.driverId(text)], { driver_name: text, driver_id: text }),
  ),
  'battery or charging': fc
    .option(percent)
    .map((value) =>
      column(
        Item.batteryOrCharging(value),
        value === null ? { charging: true, battery_pct: null } : { battery_pct: value },
      ),
    ),
  rope: fc
    .tuple(word, fc.nat(3))
    .map(([cuts, state]) => said(Item.rope(cuts, state), { cut_count: cuts, rope_state: state })),
  'network cells': fc.tuple(cells(0xffff_ffff), word).map(([all, lac]) => {
    const [{ mcc, mnc }] = all
    const own = all.map((cell) => ({ ...cell, mcc, mnc, lac: lac * 256 }))
    return { bytes: Item.networkCells(mcc, mnc, own), row: cellRow(own), attributes: { cells: cellList(own) } }
  }),
  'battery E3': fc
    .tuple(percent, hundredths)
    .map(([value, volts]) =>
      column(Item.batteryE3(value, volts), { battery_pct: value, battery_v: Math.fround(volts) }),
    ),
  'battery E4': fc
    .tuple(fc.boolean(), percent)
    .map(([charging, value]) => column(Item.batteryE4(charging, value), { charging, battery_pct: value })),
  moving: fc.boolean().map((motion) => column(Item.moving(motion), { motion })),
  ble: fc
    .array(
      fc.record({
        index: byte,
        mac,
        celsius: fc.integer({ min: -100, max: 100 }),
        celsius255ths: fc.constantFrom(0, 51, 255),
        humidity: percent,
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((all) =>
      said(Item.ble(all), {
        ble_tags: all.map(({ celsius, celsius255ths, ...tag }) => ({
          ...tag,
          temperature: celsius + celsius255ths / 255,
        })),
      }),
    ),
  'personal alarms': fc
    .nat(15)
    .map((bits) =>
      column(Item.personalAlarms(bits), { alarms: [...(bits > 1 ? ['sos'] : []), ...(bits & 1 ? ['vibration'] : [])] }),
    ),
  'Jimi alarm': fc
    .constantFrom<[number, string]>([0x405, 'collision'], [0xc01, 'sos'], [0xc0f, 'low_battery'])
    .map(([type, alarm]) => column(Item.jimiAlarm(type), { alarms: [alarm] })),
  'time zone': fc.constantFrom('UTC+08:00', 'UTC-04:30').map((text) => said(Item.timeZone(text), { time_zone: text })),
  nested: fc.tuple(word, percent, word).map(([mv, value, supply]) => ({
    bytes: Item.nested([
      [0x2d, encode.u16(mv)],
      [0xa8, [value]],
      [0xce, encode.u16(supply)],
      [0xc5, [0xff, 0x7f, 0xff, 0xbf]],
      [0x11, [1]],
      [0x12, [2, 3]],
    ]),
    row: {
      battery_v: Math.fround(mv / 1000),
      battery_pct: value,
      power_v: Math.fround(supply / 100),
      alarms: ['vibration'],
      motion: null,
    },
    attributes: {
      eb_unknown: [
        { type: 0x11, data: '01' },
        { type: 0x12, data: '0203' },
      ],
    },
  })),
  'wifi EC': points.map((all) => said(Item.wifiEc(all), { wifi: all })),
  'cell EE': cells(0xffff_ffff).map(([cell]) => ({
    bytes: Item.cellEe(cell),
    row: cellRow([cell]),
    attributes: { cells: cellList([cell]) },
  })),
  'cells AOVX': cells(0xffff_ffff).map((all) => ({
    bytes: Item.cellsAovx(all),
    row: cellRow(all),
    attributes: { cells: cellList(all) },
  })),
  'battery F7': fc.tuple(word, fc.nat(4), percent).map(([mv, state, value]) => ({
    bytes: Item.batteryF7(mv / 1000, state, value),
    row: { battery_v: Math.fround(mv / 1000), battery_pct: value, charging: state === 2 || state === 3 },
    attributes: { battery_state: state },
  })),
  steps: word.map((count) => said(Item.steps(count), { steps: count })),
  'alarms FA': fc
    .subarray([
      [1, 'vibration'],
      [2, 'removing'],
      [4, 'sleep'],
      [8, 'harsh_acceleration'],
      [16, 'harsh_braking'],
      [32, 'harsh_cornering'],
      [256, 'low_battery'],
      [512, 'power_off'],
      [1024, 'low_battery_shutdown'],
    ] as [number, string][])
    .map((bits) => column(Item.alarmsFa(bits.reduce((all, [bit]) => all | bit, 0)), { alarms: namesOf(bits) })),
  'battery FB': fc
    .tuple(percent, hundredths, fc.boolean())
    .map(([value, volts, charging]) =>
      column(Item.batteryFb(value, volts, charging), { battery_pct: value, battery_v: Math.fround(volts), charging }),
    ),
  'battery FE': percent.map((value) => column(Item.batteryFe(value), { battery_pct: value })),
  unknown: fc
    .tuple(fc.constantFrom(0x14, 0x55, 0x90, 0xe2, 0xff), bytesOf(40))
    .map(([id, value]) => said(encode.item(id, value), { [`item_${id.toString(16)}`]: hex(value) })),
  twice: fc.tuple(bytesOf(9), bytesOf(9)).map(([one, two]) =>
    said([...encode.item(0x90, one), ...encode.item(0x90, two)], {
      item_90: hex(one),
      items_again: [{ id: 0x90, data: hex(two) }],
    }),
  ),
  OBD: fc.tuple(byte, word, byte).map(([kph, rpm, coolant]) =>
    said(Item.obd(kph, [...encode.item(0x81, encode.u16(rpm)), ...encode.item(0x84, [coolant])]), {
      obd_speed_kph: kph,
      rpm,
      coolant_temperature: coolant - 40,
    }),
  ),
}

describe('jt808 items', () => {
  const walker = jt808(jt808Options.parse({ alarm_profile: 'personal', jimi_alarms: true }))
  const fix = { timeMs: NOW, latitude: 12.5, longitude: -77.25 }
  const PAD = Item.satellites(3)
  for (const [name, items] of Object.entries(ITEMS))
    test(`jt808 items: ${name} comes back, between others, and bounded when cut short`, () => {
      fc.assert(
        fc.property(items, word, ({ bytes, row = {}, attributes = {} }, cut) => {
          const before = name === 'satellites' ? [] : PAD
          const [whole] = sorted(
            take(walker, encode.location(fix, { phone: '1', serial: 1 }, [...before, ...bytes]), session(), NOW).rows,
          )
          expect(whole).toMatchObject({ table: 'fixes', latitude: 12.5, longitude: -77.25, ...row })
          for (const [key, value] of Object.entries(attributes))
            expect([key, near(whole.attributes[key])]).toEqual([key, near(value)])
          expect(whole.attributes.items_truncated).toBeUndefined()
          const short = bytes.slice(0, cut % bytes.length)
          const [part] = take(
            walker,
            encode.location(fix, { phone: '1', serial: 1 }, [...before, ...short]),
            session(),
            NOW,
          ).rows
          expect([part.latitude, part.longitude, part.fix_time]).toEqual([12.5, -77.25, iso(NOW)])
        }),
        { numRuns: 15 },
      )
    })
})

/** Numbers to three places, as attributes have them. */
function near(value: unknown): unknown {
  if (typeof value === 'number') return Math.round(value * 1000) / 1000
  if (Array.isArray(value)) return value.map(near)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, near(inner)]))
}

describe('jt808 any bytes', () => {
  const frames = fc
    .tuple(fc.oneof(...Object.values(MESSAGES)), forms, word)
    .map(([message, form, serial]) => message.write({ ...form, serial }))
  const bent = fc.tuple(frames, fc.array(fc.tuple(word, byte), { maxLength: 6 }), word).map(([frame, flips, cut]) => {
    const bytes = frame.slice()
    for (const [at, value] of flips) bytes[at % bytes.length] = value
    return cut & 1 ? bytes.slice(0, 1 + (cut % bytes.length)) : bytes
  })
  /** A header and anything behind it, with a check byte that is right: the body's readers see it all. */
  const sound = fc
    .tuple(
      fc.constantFrom(
        1,
        2,
        5,
        0x100,
        0x102,
        0x104,
        0x107,
        0x108,
        0x200,
        0x201,
        0x210,
        0x500,
        0x701,
        0x702,
        0x704,
        0x800,
        0x801,
        0x900,
        0x901,
        0x1300,
        0x2070,
        0x5501,
        0x5502,
        0x6006,
      ),
      bytesOf(300),
      forms,
    )
    .map(([id, body, form]) => encode.frame(id, body, { ...(id >> 8 === 0x55 ? { phone: '1' } : form), serial: 1 }))
  const any = fc.oneof(
    bent,
    sound,
    fc.uint8Array({ maxLength: 300 }),
    fc
      .array(fc.constantFrom(0x7e, 0x7d, 1, 2, 0xe7, 0x20, 0x28, 0x29), { maxLength: 60 })
      .map((all) => Uint8Array.from(all)),
  )

  test('jt808 any bytes: no function throws or reads past its end, and a final split always goes on', () => {
    fc.assert(
      fc.property(any, byte, (bytes, fill) => {
        for (const own of [codec, personal]) expectSound(own, bytes, fill, NOW)
      }),
      { numRuns: 700 },
    )
  })
})
