/** gps103: the SMS of its trackers, in every form they write, whatever became of the line ends. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { FINAL, MAYBE, NO, STATE_WORDS, YES } from '../../src/codecs/codec.ts'
import { DeviceSettings, NO_DEVICES } from '../../src/codecs/device-settings.ts'
import { SMS, TCP } from '../../src/codecs/frame-record.ts'
import {
  encodeSmsCommand,
  encodeSmsInterval,
  encodeSmsLine,
  encodeSmsNoFix,
  encodeSmsPosition,
  encodeSmsStatus,
  encodeSmsTransport,
} from '../../src/codecs/gps103/encode-sms.ts'
import { encodeReport } from '../../src/codecs/gps103/encode.ts'
import { gps103, gps103Options } from '../../src/codecs/gps103/index.ts'
import { Records } from '../../src/codecs/records.ts'
import { rowOf, type Row } from '../../src/codecs/row.ts'
import { bytesOfText, take, session } from './harness.ts'

const codec = gps103(gps103Options.parse({}))
const DEVICE = '864893031234567'
const LINK = 'http://maps.google.com/maps?f=q&q=40.362883,29.916695&z=16'
/** With trackers three hours ahead of UTC. */
const RECEIVED = '2026-03-14T09:05:40Z'
const utf8 = new TextEncoder()

interface Given {
  received?: string | undefined
  codec?: typeof codec
  state?: Int32Array
}

/** Rows of a text that lies amid other bytes. */
function decode(text: string, given: Given = {}): Row[] {
  const { received = RECEIVED, state = new Int32Array(STATE_WORDS) } = given
  const payload = utf8.encode(text)
  const bytes = new Uint8Array(payload.length + 40).fill(0x31)
  bytes.set(payload, 20)
  const records = new Records()
  const context = {
    receivedMs: Date.parse(received),
    transport: SMS,
    state,
    device: bytesOfText(DEVICE),
    deviceStart: 0,
    deviceEnd: DEVICE.length,
  }
  const count = (given.codec ?? codec).decode(bytes, 20, 20 + payload.length, context, records)
  expect(count).toBe(records.rows)
  return Array.from({ length: count }, (_, row) => rowOf(records, row))
}
const first = (text: string, given?: Given) => decode(text, given)[0]
const verdict = (text: string) => {
  const bytes = utf8.encode(`x${text}x`)
  return codec.recogniseSms!(bytes, 1, bytes.length - 1)
}
const NOTHING_LEFT = { text: undefined }

/** A text, when it came, and its rows. */
interface Sample {
  name: string
  text: string
  received?: string
  rows: Record<string, unknown>[]
}

const AT = '2026-03-14T09:05:00.000Z'
const HERE = { latitude: 40.362883, longitude: 29.916695, valid: true, source: 'gnss' }
const SAMPLES: Sample[] = [
  {
    name: 'help me, with a link that repeats the position',
    text: `help me!\nlat:40.362883\nlong:29.916695\nspeed:0.00\nT:26/03/14 12:05\n${LINK}`,
    rows: [
      {
        table: 'fixes',
        message: 'help me',
        alarms: ['sos'],
        ...HERE,
        speed_kph: 0,
        course_deg: null,
        fix_time: AT,
        buffered: false,
        attributes: { timezone_inferred_minutes: 180, time_source: 'local' },
      },
    ],
  },
  {
    name: 'position south and west, with the state of the vehicle',
    text: 'lat:-33.701978\nlong:-70.598368\nspeed:57.80\nT:26/03/14 21:30\nhttp://maps.google.com/maps?f=q&q=-33.701978,-70.598368&z=16\nPwr: ON Door: OFF ACC: ON',
    received: '2026-03-15T00:30:30Z',
    rows: [
      {
        table: 'fixes',
        message: 'position',
        alarms: [],
        latitude: -33.701978,
        longitude: -70.598368,
        speed_kph: Math.fround(57.8),
        fix_time: '2026-03-15T00:30:00.000Z',
        ignition: true,
        attributes: {
          external_power: true,
          door: false,
          timezone_inferred_minutes: -180,
          time_source: 'local',
        },
      },
    ],
  },
  {
    name: 'day first, with a course, keys without spaces',
    text: 'lat:51.507535 long:-0.127520 speed:23.00 dir:278\nT:14/03/26 20:59\nPWR:ON Door:OFF ACC:ON\nhttp://maps.google.com/maps?f=q&q=51.507535,-0.127520&z=16',
    received: '2026-03-14T20:59:20Z',
    rows: [
      {
        table: 'fixes',
        latitude: 51.507535,
        longitude: -0.12752,
        speed_kph: 23,
        course_deg: 278,
        fix_time: '2026-03-14T20:59:00.000Z',
        ignition: true,
        attributes: {
          external_power: true,
          door: false,
          timezone_inferred_minutes: 0,
          time_source: 'local',
        },
      },
    ],
  },
  {
    name: 'power alarm without a fix; the last position has no time',
    text: `Power alarm!\nLac:1a2b 3c4d\nT:\nLast:\nT:00:00\n${LINK}`,
    rows: [
      {
        table: 'fixes',
        message: 'power alarm',
        alarms: ['power_cut'],
        ...HERE,
        valid: false,
        source: 'last_known',
        lac: 6699,
        cell_id: 15437,
        fix_time: '2026-03-14T09:05:40.000Z',
        attributes: { last_time_text: '00:00', time_source: 'received' },
      },
    ],
  },
  {
    name: 'oil alarm with its percentage',
    text: 'oil 24.32%!\nlat:40.362883\nlong:29.916695\nspeed:0.00\nT:26/03/14 12:07',
    received: '2026-03-14T09:07:10Z',
    rows: [
      {
        message: 'oil',
        alarms: ['fuel_theft'],
        ...HERE,
        fix_time: '2026-03-14T09:07:00.000Z',
        attributes: { fuel1_percent: 24.32, ...NOTHING_LEFT },
      },
    ],
  },
  {
    name: 'speed alarm with its limit',
    text: 'speed 080!\nlat:40.370001\nlong:29.930002\nspeed:96.40\nT:26/03/14 12:09',
    received: '2026-03-14T09:10:00Z',
    rows: [
      {
        message: 'speed',
        alarms: ['overspeed'],
        latitude: 40.370001,
        longitude: 29.930002,
        speed_kph: Math.fround(96.4),
        fix_time: '2026-03-14T09:09:00.000Z',
        attributes: { speed_limit_kph: 80, ...NOTHING_LEFT },
      },
    ],
  },
  {
    name: 'the one-line form with a low battery',
    text: 'lat: 22.573377 long: 113.905462 speed:0.00 14/03/26 12:10 L:3.61V,0, Signal:F imei:864893031234567 07 41.9',
    received: '2026-03-14T04:10:20Z',
    rows: [
      {
        table: 'fixes',
        message: 'position',
        alarms: ['low_battery'],
        latitude: 22.573377,
        longitude: 113.905462,
        valid: true,
        fix_time: '2026-03-14T04:10:00.000Z',
        battery_v: Math.fround(3.61),
        charging: false,
        satellites: 7,
        altitude_m: Math.fround(41.9),
        attributes: { imei: DEVICE, timezone_inferred_minutes: 480, time_source: 'local' },
      },
    ],
  },
  {
    name: 'the one-line form with a misprinted alarm, an old position and a cell',
    text: 'lat: 22.573377 long: 113.905462 speed:12.50 14/03/26 12:10 F:4.05V,1, Signal:L heip me imei:864893031234567 00 -3.5 460 01 25F5 1cB2',
    received: '2026-03-14T04:10:20Z',
    rows: [
      {
        message: 'help me',
        alarms: ['sos'],
        valid: false,
        source: 'last_known',
        speed_kph: 12.5,
        battery_v: Math.fround(4.05),
        charging: true,
        satellites: 0,
        altitude_m: -3.5,
        mcc: 460,
        mnc: 1,
        lac: 0x25f5,
        cell_id: 0x1cb2,
        attributes: { imei: DEVICE, ...NOTHING_LEFT },
      },
    ],
  },
  {
    name: 'numbers of the one-line form that cannot be stay in the text',
    text: 'lat: 1.5 long: 2.5 speed:0.00 14/03/26 12:05 F:x,1, Signal:F imei:1 100 high 70000 1 zz 1F',
    rows: [
      {
        latitude: 1.5,
        fix_time: AT,
        satellites: null,
        altitude_m: null,
        battery_v: null,
        mcc: null,
        mnc: 1,
        lac: null,
        cell_id: 0x1f,
        attributes: {
          imei: '1',
          text: 'lat: 1.5 long: 2.5 speed:0.00 14/03/26 12:05 F:x,1, Signal:F imei:1 100 high 70000 1 zz 1F',
        },
      },
    ],
  },
  {
    name: 'the answer to check',
    text: 'Power: ON\nBattery: 100%\nGPRS: ON\nGPS: OK\nACC: OFF\nDoor: OFF\nGSM Signal: 21\nOil: 65.5%',
    rows: [
      {
        table: 'telemetry',
        message: 'check',
        sent_at: null,
        alarms: [],
        battery_pct: 100,
        ignition: false,
        rssi: 21,
        attributes: { external_power: true, gprs: 'ON', gps: 'OK', door: false, fuel1_percent: 65.5 },
      },
    ],
  },
  {
    name: 'the answer to check with the server',
    text: 'Power: OFF Battery: 87% GPRS: OFF GPS: NO GPS ACC: ON Door: ON GSM Signal: 9 Oil: 0.00% APN: internet.example IP: 192.0.2.7 PORT: 8888',
    rows: [
      {
        message: 'check',
        battery_pct: 87,
        ignition: true,
        rssi: 9,
        attributes: {
          external_power: false,
          gprs: 'OFF',
          gps: 'NO GPS',
          door: true,
          fuel1_percent: 0,
          apn: 'internet.example',
          server_ip: '192.0.2.7',
          server_port: '8888',
        },
      },
    ],
  },
  {
    name: 'no fix and no last position',
    text: 'Lac:1A2B,3C4D\nT:26/03/14 12:05',
    rows: [{ table: 'telemetry', message: 'position', sent_at: AT, lac: 0x1a2b, cell_id: 0x3c4d }],
  },
  {
    name: 'no fix, behind empty coordinates, and no line ends',
    text: 'lat:long:speed: Lac:1a2b 3c4d T:26/03/14 12:05 PWR:OFF Door:ON ACC:ON',
    rows: [
      {
        table: 'telemetry',
        message: 'position',
        sent_at: AT,
        lac: 0x1a2b,
        cell_id: 0x3c4d,
        ignition: true,
        attributes: { external_power: false, door: true, ...NOTHING_LEFT },
      },
    ],
  },
  {
    name: 'an alarm of now and a position from before the signal was lost are two records',
    text: `sensor alarm!\nLac:1a2b 3c4d\nT:26/03/14 12:05\nLast:\nT:26/03/13 18:40\n${LINK}\nPWR:ON Door:OFF ACC:OFF`,
    rows: [
      {
        table: 'telemetry',
        message: 'sensor alarm',
        alarms: ['vibration'],
        sent_at: AT,
        lac: 0x1a2b,
        ignition: false,
        attributes: {
          external_power: true,
          door: false,
          timezone_inferred_minutes: 180,
          time_source: 'local',
        },
      },
      {
        table: 'fixes',
        message: 'last position',
        alarms: [],
        ...HERE,
        valid: false,
        source: 'last_known',
        fix_time: '2026-03-13T15:40:00.000Z',
        buffered: true,
        lac: null,
        attributes: { time_source: 'local' },
      },
    ],
  },
  {
    name: 'a last position with a time of day and no date is as old as the text',
    text: `Lac:1a2b 3c4d\nT:26/03/14 12:05\nLast:\nT:11:58\n${LINK}`,
    rows: [
      {
        table: 'fixes',
        ...HERE,
        valid: false,
        source: 'last_known',
        fix_time: AT,
        attributes: { last_time_text: '11:58', ...NOTHING_LEFT },
      },
    ],
  },
  {
    name: 'no gps, and the last position',
    text: 'no gps!\nlat:40.362883\nlong:29.916695\nspeed:0.00\nT:26/03/14 12:05',
    rows: [{ alarms: ['gps_signal_lost'], ...HERE, valid: false, source: 'last_known', fix_time: AT }],
  },
  {
    name: 'a link that says something else is an old position',
    text: `move!\nlat:40.4\nlong:30\nspeed:1.00\nT:26/03/14 12:05\n${LINK}`,
    rows: [
      {
        alarms: ['movement'],
        latitude: 40.4,
        longitude: 30,
        valid: true,
        attributes: { link_latitude: 40.362883, link_longitude: 29.916695, ...NOTHING_LEFT },
      },
    ],
  },
  {
    name: 'a link alone, with letters and an escaped comma',
    text: 'T:26/03/14 12:05 https://maps.google.co.uk/?q=S22.5%2cW113.8',
    rows: [{ message: 'position', latitude: -22.5, longitude: -113.8, valid: true, fix_time: AT }],
  },
  {
    name: 'zeros are no position',
    text: 'lat:0.000000\nlong:0.000000\nspeed:0.00\nT:26/03/14 12:05',
    rows: [{ table: 'telemetry', sent_at: AT, attributes: { speed_kph: 0, ...NOTHING_LEFT } }],
  },
  {
    name: 'a place off the globe is none, and stays in the text',
    text: 'lat:91.000000 long:10.000000 speed:0.00 T:26/03/14 12:05',
    rows: [
      {
        table: 'telemetry',
        sent_at: AT,
        attributes: { text: 'lat:91.000000 long:10.000000 speed:0.00 T:26/03/14 12:05' },
      },
    ],
  },
  {
    name: 'upper case, lon for long, seconds',
    text: 'LAT: 40.362883\r\nLON: 29.916695\r\nSPEED: 3\r\nDIR: 360\r\nT: 26/03/14  12:05:31',
    rows: [{ ...HERE, speed_kph: 3, course_deg: 0, fix_time: '2026-03-14T09:05:31.000Z', attributes: NOTHING_LEFT }],
  },
  {
    name: 'spaces around separators',
    text: 'help me ! lat : 40.362883 long :29.916695 speed : 0.00 T : 26 / 03 / 14 12 : 05 Pwr : ON Door : OFF',
    rows: [{ ...HERE, fix_time: AT, attributes: { external_power: true, door: false } }],
  },
  {
    name: 'a line that no manual has is kept with the whole text, and takes nothing from the others',
    text: 'lat:40.362883\nlong:29.916695\nspeed:0.00\nT:26/03/14 12:05\nSpielzeug: größer\nPwr: ON',
    rows: [
      {
        ...HERE,
        fix_time: AT,
        attributes: {
          external_power: true,
          text: 'lat:40.362883\nlong:29.916695\nspeed:0.00\nT:26/03/14 12:05\nSpielzeug: größer\nPwr: ON',
        },
      },
    ],
  },
  {
    name: 'acc on wins over the state behind it',
    text: 'acc on!\nlat:40.362883\nlong:29.916695\nspeed:0.00\nT:26/03/14 12:05\nPwr: ON Door: OFF ACC: OFF',
    rows: [{ alarms: ['ignition_on'], ignition: true, attributes: { acc_field: 0, ...NOTHING_LEFT } }],
  },
  {
    name: 'ACC alarm says that the ignition is on',
    text: 'ACC alarm!\nlat:40.362883\nlong:29.916695\nspeed:0.00\nT:26/03/14 12:05',
    rows: [{ message: 'acc alarm', alarms: ['illegal_ignition'], ignition: true }],
  },
  {
    name: 'door alarm says that the door is open',
    text: 'Door alarm!\nlat:40.362883\nlong:29.916695\nspeed:0.00\nT:26/03/14 12:05',
    rows: [{ alarms: ['door'], attributes: { door: true } }],
  },
  {
    name: 'an area is entered',
    text: `Home base in!\nlat:40.362883\nlong:29.916695\nspeed:0.00\nT:26/03/14 12:05`,
    rows: [{ message: 'area in', alarms: ['geofence_enter'], attributes: { area: 'Home base' } }],
  },
  {
    name: 'an area is left',
    text: `depôt out!\nlat:40.362883\nlong:29.916695\nspeed:0.00\nT:26/03/14 12:05`,
    rows: [{ message: 'area out', alarms: ['geofence_exit'], attributes: { area: 'depôt' } }],
  },
  {
    name: 'the name of an area alone does not say which',
    text: `depot!\nlat:40.362883\nlong:29.916695\nspeed:0.00\nT:26/03/14 12:05`,
    rows: [{ message: 'position', alarms: [], ...HERE, attributes: { event: 'depot!' } }],
  },
  {
    name: 'a temperature that opens the text is no time',
    text: 'T:+28.0!\nlat:40.362883\nlong:29.916695\nspeed:0.00\nT:26/03/14 12:05',
    rows: [{ message: 'T', alarms: ['temperature'], fix_time: AT, attributes: { temperature_c: 28, ...NOTHING_LEFT } }],
  },
  {
    name: 'trouble codes',
    text: 'DTC:P0001,U1108\nlat:40.362883\nlong:29.916695\nspeed:0.00\nT:26/03/14 12:05',
    rows: [{ message: 'DTC', alarms: ['fault'], attributes: { dtcs: ['P0001', 'U1108'], ...NOTHING_LEFT } }],
  },
  {
    name: 'oil with a colon',
    text: 'oil: 24%\nlat:40.362883\nlong:29.916695\nspeed:0.00\nT:26/03/14 12:05',
    rows: [{ message: 'oil', alarms: ['fuel_theft'], attributes: { fuel1_percent: 24, ...NOTHING_LEFT } }],
  },
  {
    name: 'an alarm alone',
    text: 'Low battery!',
    rows: [{ table: 'telemetry', alarms: ['low_battery'], sent_at: null }],
  },
  {
    name: 'the answer to imei',
    text: DEVICE,
    rows: [{ table: 'telemetry', message: 'imei', attributes: { imei: DEVICE } }],
  },
  {
    name: 'a text that is none of a tracker',
    text: 'Dear customer, „your“ credit is 3,50 €',
    rows: [
      {
        table: 'telemetry',
        message: 'sms',
        sent_at: null,
        alarms: [],
        attributes: { text: 'Dear customer, „your“ credit is 3,50 €' },
      },
    ],
  },
]

/** Attributes listed as undefined must not be there; those of a whole object must be all. */
function expectRows(rows: Row[], wanted: Record<string, unknown>[]): void {
  expect(rows).toHaveLength(wanted.length)
  for (const [index, { attributes = {}, ...columns }] of wanted.entries()) {
    expect(rows[index]).toMatchObject(columns)
    for (const [name, value] of Object.entries(attributes as object))
      expect([name, rows[index].attributes[name]]).toEqual([name, value])
  }
}

describe('gps103 SMS', () => {
  for (const { name, text, received, rows } of SAMPLES) {
    test(name, () => expectRows(decode(text, { received }), rows))
    test(`${name}: the same with CR LF, and with spaces where the line ends were`, () => {
      const say = (variant: string) =>
        decode(variant, { received }).map((row) => Object.assign(row, { attributes: { ...row.attributes, text: '' } }))
      const want = say(text)
      expect(say(text.replaceAll(/\r?\n/g, '\r\n'))).toEqual(want)
      expect(say(text.replaceAll(/\r?\n/g, ' '))).toEqual(want)
      expect(say(`\n ${text} \r\n`)).toEqual(want)
    })
  }

  test('every alarm of the manuals, with and without its mark, in any case', () => {
    for (const [words, alarm] of [
      ['help me', 'sos'],
      ['low battery', 'low_battery'],
      ['power alarm', 'power_cut'],
      ['ac alarm', 'power_cut'],
      ['door alarm', 'door'],
      ['ACC alarm', 'illegal_ignition'],
      ['acc on', 'ignition_on'],
      ['acc off', 'ignition_off'],
      ['sensor alarm', 'vibration'],
      ['speed', 'overspeed'],
      ['speed 080', 'overspeed'],
      ['speed+080', 'overspeed'],
      ['move', 'movement'],
      ['stockade', 'geofence_exit'],
      ['home in', 'geofence_enter'],
      ['home out', 'geofence_exit'],
      ['oil 24.32%', 'fuel_theft'],
      ['oil: 24%', 'fuel_theft'],
      ['T:+28.0', 'temperature'],
      ['T:-5.0', 'temperature'],
      ['accident', 'collision'],
      ['bonnet alarm', 'bonnet'],
      ['footbrake alarm', 'footbrake'],
      ['DTC:P0001', 'fault'],
      ['no gps', 'gps_signal_lost'],
    ])
      for (const line of [words, `${words}!`, words.toUpperCase(), `${words.toLowerCase()} !`]) {
        const row = first(`${line}\nlat:40.362883\nlong:29.916695\nspeed:0.00\nT:26/03/14 12:05`)
        expect([line, row.alarms, row.fix_time]).toEqual([line, [alarm], AT])
      }
  })
  test('every misprint of help me', () => {
    for (const words of ['help me', 'heip me', 'hlp me', 'hip me'])
      expect(
        first(`lat: 1.5 long: 2.5 speed:0.00 14/03/26 12:05 F:3.9V,1, Signal:F ${words} imei:1 07 1.0`).alarms,
      ).toEqual(['sos'])
  })
  test('results of commands keep their words; those for the engine and the alarm system say what is so', () => {
    const results: [text: string, alarms: string[], attributes: Record<string, unknown>][] = [
      ['Stop engine Succeed', ['engine_cut'], {}],
      ['Resume engine succeed', ['engine_restored'], {}],
      ['it will be executed after speed less than 20KM/H', [], { engine_cut_pending: true }],
      ['Tracker is activated', [], { armed: true }],
      ['Tracker is deactivated', [], { armed: false }],
      ...'begin ok,admin ok,password ok,apn ok,adminip ok,GPRS ok!,SMS ok!,time ok,speed ok!,move ok,stockade ok,save ok,clear ok,load ok,reset ok,Distance ok,angle ok,sleep off ok,help me ok!,load fail! Please check gprs,pwd fail,nospeed ok'
        .split(',')
        .map((text) => [text, [], {}] as [string, string[], Record<string, unknown>]),
    ]
    for (const [text, alarms, attributes] of results) {
      const row = first(text)
      expect([text, row.table, row.message, row.alarms]).toEqual([text, 'telemetry', 'reply', alarms])
      expect(row.attributes).toEqual({ command_reply: text, ...attributes })
    }
  })
})

describe('gps103 SMS time', () => {
  const text = (date: string) => `lat:40.362883\nlong:29.916695\nspeed:0.00\nT:${date}`
  const at = (date: string, given: Given = {}) => first(text(date), given)
  const own = (options: object, devices = NO_DEVICES) => gps103(gps103Options.parse(options), devices)

  test('the order of the date is the one that comes nearest to the receipt', () => {
    for (const date of ['26/03/14', '14/03/26', '03/14/26'])
      expect([date, at(`${date} 12:05`).fix_time]).toEqual([date, AT])
    // 1 February, though 2 January would be possible; and not 26 h in the future.
    expect(at('01/02/26 12:00', { received: '2026-02-01T12:00:10Z' }).fix_time).toBe('2026-02-01T12:00:00.000Z')
    expect(at('02/01/26 12:00', { received: '2026-02-01T12:00:10Z' }).fix_time).toBe('2026-02-01T12:00:00.000Z')
    expect(at('26/03/15 11:00', { codec: own({ timezone_minutes: 0 }) }).attributes.device_time).toBe(
      '2026-03-15T11:00:00Z',
    )
  })
  test('no possible date leaves the time of receipt, and the words', () => {
    for (const date of [
      '26/13/32 12:05',
      '99/99/99 12:05',
      '26/03/14 25:05',
      '26/03/14',
      '26/03',
      '12:05',
      '27/07/27 12:05',
    ])
      expect([date, at(date)]).toMatchObject([
        date,
        { fix_time: '2026-03-14T09:05:40.000Z', attributes: { time_source: 'received', device_time_text: date } },
      ])
  })
  test('zone: what the session showed, then the device file, then the option, then the receipt', () => {
    const devices = new DeviceSettings([{ id: DEVICE, timezoneMinutes: 60 }])
    const into = session(DEVICE)
    take(
      codec,
      encodeReport({ id: DEVICE, latE7: 1e7, lonE7: 1e7, timeMs: Date.parse(RECEIVED), zoneMinutes: 120 }),
      into,
      Date.parse(RECEIVED),
    )
    const hour = (given: Given) => at('26/03/14 12:05', given).fix_time
    expect(hour({ codec: own({ timezone_minutes: 30 }, devices), state: into.state })).toBe('2026-03-14T10:05:00.000Z')
    expect(hour({ codec: own({ timezone_minutes: 30 }, devices) })).toBe('2026-03-14T11:05:00.000Z')
    expect(hour({ codec: own({ timezone_minutes: 30 }) })).toBe('2026-03-14T11:35:00.000Z')
    expect(hour({ codec: own({}, new DeviceSettings([{ id: '1', timezoneMinutes: 60 }])) })).toBe(AT)
    expect(at('26/03/14 12:05', { codec: own({ timezone_minutes: 180 }) }).attributes).toEqual({ time_source: 'local' })
  })
  test('a zone is told by the receipt in quarters of an hour, whatever the text took to arrive within seven minutes', () => {
    for (let zone = -720; zone <= 840; zone += 15)
      for (const lateS of [0, 59, 200, 440]) {
        const wroteMs = Date.parse('2026-03-14T09:05:00Z')
        const report = encodeSmsPosition({ latE7: 1e7, lonE7: 1e7, speedKph: 0, timeMs: wroteMs, zoneMinutes: zone })
        const row = first(report, { received: new Date(wroteMs + lateS * 1000).toISOString() })
        expect([zone, lateS, row.fix_time, row.attributes.timezone_inferred_minutes]).toEqual([zone, lateS, AT, zone])
      }
  })
  test('a text that is days late tells no zone: UTC is assumed, and said to be', () => {
    const row = at('26/03/10 12:05')
    expect(row).toMatchObject({ fix_time: '2026-03-10T12:05:00.000Z', buffered: true })
    expect(row.attributes).toEqual({ timezone_assumed: true, time_source: 'local' })
    expect(at('26/03/10 12:05', { codec: own({ timezone_minutes: 180 }) }).fix_time).toBe('2026-03-10T09:05:00.000Z')
  })
})

describe('gps103 recogniseSms', () => {
  test('reports, alarms with their mark, answers to check and known results are ours', () => {
    for (const { name, text } of SAMPLES.filter(({ rows }) => rows[0].message !== 'sms' && rows[0].message !== 'imei'))
      if (!name.startsWith('a link alone')) expect([text, verdict(text)]).toEqual([text, YES])
    for (const text of ['help me!', 'speed 080!', 'begin ok', 'GPRS ok!', 'Stop engine Succeed', 'pwd fail'])
      expect([text, verdict(text)]).toEqual([text, YES])
  })
  test('what other trackers or people may write too, may be ours', () => {
    for (const text of [
      DEVICE,
      'help me',
      'move',
      'nospeed ok',
      LINK,
      'Battery: 80%',
      'T:26/03/14 12:05',
      'IMEI: 864893031234567',
    ])
      expect([text, verdict(text)]).toEqual([text, MAYBE])
  })
  test('anything else is not', () => {
    for (const text of [
      '',
      ' ',
      'Hello',
      'Come in',
      'The report: see attachment',
      '123456',
      '(031234567890BR00',
      '*HQ,1,V1#',
      'ok',
    ])
      expect([text, verdict(text)]).toEqual([text, NO])
  })
  test('a connection that opens with such a text is none of ours, and no part of it is a frame', () => {
    for (const { text } of SAMPLES) {
      if (text === DEVICE) continue // a heartbeat without its terminator looks the same
      const bytes = utf8.encode(text)
      expect([text, codec.recognise(bytes, 0, bytes.length)]).toEqual([text, NO])
      for (let at = 0; at < bytes.length;) {
        const size = codec.split(bytes, at, bytes.length, FINAL)
        const piece = text.slice(at, at + Math.abs(size))
        // An id of the one-line form, behind its key, is all that could pass.
        if (size > 0) expect(piece.startsWith('imei:')).toBe(true)
        at += Math.abs(size)
      }
    }
  })
  test('what came over a connection is not read as an SMS', () => {
    const text = 'help me!'
    const records = new Records()
    const context = {
      receivedMs: 0,
      transport: TCP,
      state: new Int32Array(2),
      device: bytesOfText(''),
      deviceStart: 0,
      deviceEnd: 0,
    }
    expect(codec.decode(bytesOfText(text), 0, text.length, context, records)).toBeLessThan(0)
  })
})

describe('gps103 SMS encode → decode', () => {
  const timeMs = fc
    .integer({ min: 0, max: 8 * 60 })
    .map((minutes) => Date.parse('2026-03-14T09:05:00Z') - minutes * 60_000)
  const latE7 = fc.integer({ min: -89_999_999, max: 89_999_999 }).map((value) => value * 10)
  const lonE7 = fc.integer({ min: -179_999_999, max: 179_999_999 }).map((value) => value * 10)
  const hundredths = (max: number) => fc.nat(max * 100).map((value) => value / 100)
  const lineEnd = fc.constantFrom('\n', '\r\n', ' ')
  const east = gps103(gps103Options.parse({ timezone_minutes: 180 }))
  const zoned = { zoneMinutes: 180 }

  test('positions give back their values, in every order of dates', () => {
    const given = fc.record({
      latE7,
      lonE7,
      timeMs,
      speedKph: hundredths(300),
      courseDeg: fc.integer({ min: 0, max: 359 }),
      dateOrder: fc.constantFrom('YMD' as const, 'DMY' as const, 'MDY' as const),
      power: fc.boolean(),
      doorOpen: fc.boolean(),
      ignition: fc.boolean(),
      link: fc.boolean(),
      lineEnd,
    })
    fc.assert(
      fc.property(given, (report) => {
        fc.pre(report.latE7 !== 0 || report.lonE7 !== 0)
        expect(first(encodeSmsPosition({ ...report, ...zoned }), { codec: east })).toMatchObject({
          table: 'fixes',
          latitude: report.latE7 / 1e7,
          longitude: report.lonE7 / 1e7,
          fix_time: new Date(report.timeMs).toISOString(),
          speed_kph: Math.fround(report.speedKph),
          course_deg: report.courseDeg,
          ignition: report.ignition,
          attributes: { external_power: report.power, door: report.doorOpen },
        })
      }),
    )
  })
  test('reports without a fix give back cell and last position', () => {
    const given = fc.record({
      lac: fc.nat(0xffff),
      cellId: fc.nat(0xfffffff),
      timeMs,
      last: fc.record({ latE7, lonE7, timeMs }),
      lineEnd,
    })
    fc.assert(
      fc.property(given, (report) => {
        fc.pre(report.last.latE7 !== 0 || report.last.lonE7 !== 0)
        const rows = decode(encodeSmsNoFix({ alarm: 'help me!', ...report, ...zoned }), { codec: east })
        expect(rows).toMatchObject([
          { alarms: ['sos'], lac: report.lac, cell_id: report.cellId, sent_at: new Date(report.timeMs).toISOString() },
          {
            latitude: report.last.latE7 / 1e7,
            longitude: report.last.lonE7 / 1e7,
            fix_time: new Date(report.last.timeMs).toISOString(),
            valid: false,
          },
        ])
      }),
    )
  })
  test('the one-line form and the answer to check give back their values', () => {
    const line = fc.record({
      id: fc.stringMatching(/^[0-9]{15}$/),
      latE7,
      lonE7,
      timeMs,
      speedKph: hundredths(200),
      batteryV: hundredths(5),
      batteryLow: fc.boolean(),
      charging: fc.boolean(),
      fix: fc.boolean(),
      satellites: fc.nat(40),
      altitudeM: fc.integer({ min: -4000, max: 90_000 }).map((value) => value / 10),
      cell: fc.record({ mcc: fc.nat(999), mnc: fc.nat(999), lac: fc.nat(0xffff), cellId: fc.nat(0xfffffff) }),
    })
    fc.assert(
      fc.property(line, (report) => {
        fc.pre(report.latE7 !== 0 || report.lonE7 !== 0)
        expect(first(encodeSmsLine({ ...report, ...zoned }), { codec: east })).toMatchObject({
          latitude: report.latE7 / 1e7,
          longitude: report.lonE7 / 1e7,
          fix_time: new Date(report.timeMs).toISOString(),
          battery_v: Math.fround(report.batteryV),
          charging: report.charging,
          alarms: report.batteryLow ? ['low_battery'] : [],
          valid: report.fix,
          satellites: report.satellites,
          altitude_m: Math.fround(report.altitudeM),
          mcc: report.cell.mcc,
          mnc: report.cell.mnc,
          lac: report.cell.lac,
          cell_id: report.cell.cellId,
          attributes: { imei: report.id },
        })
      }),
    )
    const status = fc.record({
      power: fc.boolean(),
      batteryPct: fc.nat(100),
      gprs: fc.boolean(),
      gps: fc.constantFrom('OK', 'NO GPS'),
      ignition: fc.boolean(),
      doorOpen: fc.boolean(),
      gsmSignal: fc.integer({ min: 1, max: 32 }),
      fuelPercent: hundredths(100),
      serverPort: fc.nat(65_535),
    })
    fc.assert(
      fc.property(status, lineEnd, (answer, end) => {
        expect(first(encodeSmsStatus(answer, end))).toMatchObject({
          message: 'check',
          battery_pct: answer.batteryPct,
          ignition: answer.ignition,
          rssi: answer.gsmSignal,
          attributes: {
            external_power: answer.power,
            door: answer.doorOpen,
            fuel1_percent: answer.fuelPercent,
            gps: answer.gps,
            server_port: String(answer.serverPort),
          },
        })
      }),
    )
  })
})

describe('gps103 SMS, whatever the text', () => {
  const piece = fc.constantFrom(
    ...SAMPLES.flatMap(({ text }) => text.split(/(?<=[ \n:!])/)),
    'lat:',
    'long:',
    'T:',
    'Last:',
    'Lac:',
    'Signal:',
    'imei:',
    'F:',
    'L:',
    'GSM Signal:',
    'port:',
    'DTC:',
    ' in',
    '!',
    ':',
    '\0',
    'İ',
    '😀',
  )
  const texts = fc.oneof(
    fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary' }),
  )
  test('no function throws, no position is off the globe, every fix has a time, attributes are JSON', () => {
    fc.assert(
      fc.property(texts, (text) => {
        verdict(text)
        for (const row of decode(text)) {
          if (row.table !== 'fixes') continue
          expect(Math.abs(row.latitude as number)).toBeLessThanOrEqual(90)
          expect(Math.abs(row.longitude as number)).toBeLessThanOrEqual(180)
          expect(row.fix_time).not.toBeNull()
          if (row.course_deg !== null) expect(row.course_deg as number).toBeLessThan(360)
        }
      }),
      { numRuns: 3000 },
    )
  })
  test('bytes that are no UTF-8 are read all the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const records = new Records()
        const context = {
          receivedMs: 1.7e12,
          transport: SMS,
          state: new Int32Array(2),
          device: bytes,
          deviceStart: 0,
          deviceEnd: 0,
        }
        expect(codec.decode(bytes, 0, bytes.length, context, records)).toBeGreaterThan(0)
        rowOf(records, 0)
      }),
    )
  })
  test('a text of a megabyte takes linear time', () => {
    for (const unit of ['T', 'lat:', 'help me ', ' ', ':', '1', 'http://', 'T: /', ', ', 'a in!', 'oil', '9/9 ']) {
      const started = performance.now()
      decode(unit.repeat(1_000_000 / unit.length))
      expect(performance.now() - started).toBeLessThan(1500)
    }
  })
})

test('gps103 SMS commands are the words of the manuals', () => {
  const PASSWORD = '123456'
  const command = (...[name, ...args]: [Parameters<typeof encodeSmsCommand>[0], ...(string | number)[]]) =>
    encodeSmsCommand(name, PASSWORD, ...args)
  for (const [have, want] of [
    [command('factorySettings'), 'begin123456'],
    [command('password', '654321'), 'password123456 654321'],
    [command('authorise', '+4915112345678'), 'admin123456 +4915112345678'],
    [command('forbid', '+4915112345678'), 'noadmin123456 +4915112345678'],
    [encodeSmsInterval(PASSWORD, 30, 5), 'fix030s005n123456'],
    [encodeSmsInterval(PASSWORD, 30), 'fix030s***n123456'],
    [encodeSmsInterval(PASSWORD, 300), 'fix005m***n123456'],
    [encodeSmsInterval(PASSWORD, 36_000), 'fix010h***n123456'],
    [encodeSmsInterval(PASSWORD, 30, 5, 'save'), 'save030s005n123456'],
    [encodeSmsInterval(PASSWORD, 30, undefined, 'save'), 'save030s***n123456'],
    [command('stopInterval'), 'nofix123456'],
    [command('distance', '0050'), 'distance123456 0050'],
    [command('angle', '030'), 'angle123456 030'],
    [command('server', '192.0.2.7', 8888), 'adminip123456 192.0.2.7 8888'],
    [command('apn', 'internet'), 'apn123456 internet'],
    [command('apnUser', 'user', 'secret'), 'up123456 user secret'],
    [command('smsMode'), 'sms123456'],
    [encodeSmsTransport(PASSWORD), 'gprs123456,0,0'],
    [encodeSmsTransport(PASSWORD, 'tcp', false), 'gprs123456,1,0'],
    [encodeSmsTransport(PASSWORD, 'udp'), 'gprs123456,0,1'],
    [encodeSmsTransport(PASSWORD, 'udp', false), 'gprs123456,1,1'],
    [command('protocol', 'out'), 'protocol123456 out'],
    [command('timeZone', -5), 'time zone123456 -5'],
    [command('engineCut'), 'stop123456'],
    [command('engineRestore'), 'resume123456'],
    [command('quickStop'), 'quickstop123456'],
    [command('noQuickStop'), 'noquickstop123456'],
    [command('cloneEngineCut'), 'stopelec123456'],
    [command('cloneEngineRestore'), 'supplyelec123456'],
    [command('arm'), 'arm123456'],
    [command('disarm'), 'disarm123456'],
    [command('speedAlarm', '080'), 'speed123456 080'],
    [command('geofence', '41.0,28.5;40.5,29.5'), 'stockade123456 41.0,28.5;40.5,29.5'],
    [command('area', '41.0,28.5', 'home,800M'), 'area123456 41.0,28.5 home,800M'],
    [command('sendStorage', '20110425'), 'load123456 20110425'],
    [command('sendStorage'), 'load123456'],
    [command('status'), 'check123456'],
    [command('restart'), 'reset123456'],
    [command('silence'), 'help me123456'],
  ])
    expect(have).toBe(want)
})
