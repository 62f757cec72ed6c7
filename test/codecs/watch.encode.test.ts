/** watch: what the encoders write is what the decoder reads, and commands are the bytes of the makers' papers. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  COMMANDS as commands,
  commandIndex,
  encodeCommand,
  encodeLink,
  encodePosition,
  encodeVoice,
  encodeVoiceCommand,
  escape,
  messageText,
  readReply,
  unescape,
  type Command,
} from '../../src/codecs/watch/encode.ts'
import { watch, watchOptions } from '../../src/codecs/watch/index.ts'
import { watchTracker } from '../../src/simulator/watch.ts'
import { bytesOfText, session, splitAll, take, textOf } from './harness.ts'
import { expectDriven } from './simulated-tracker.ts'

const codec = watch(watchOptions.parse({}))
const RECEIVED = Date.parse('2025-11-21T01:35:00Z')
const YEAR_MS = 365 * 86_400_000
const ID = '8800000015'
const head = fc.record({
  id: fc.stringMatching(/^[0-9]{9}[1-9]([0-9]{5})?$/),
  maker: fc.constantFrom('3G', 'SG', 'CS', 'ZJ'),
  index: fc.option(fc.stringMatching(/^[0-9a-fA-F]{4}$/), { nil: undefined }),
})
const mac = fc.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)
const name = fc.string({ maxLength: 12, unit: 'grapheme' }).map((text) => text.replaceAll(/[,\0]/g, '').trim())

describe('watch encode → decode', () => {
  test('a position gives back its values', () => {
    fc.assert(
      fc.property(
        head,
        fc.record({
          type: fc.constantFrom('UD', 'UD2', 'UD_LTE', 'AL_LTE', 'WT'),
          timeMs: fc.integer({ min: 0, max: YEAR_MS / 1000 }).map((seconds) => RECEIVED - seconds * 1000),
          valid: fc.boolean(),
          latE7: fc.integer({ min: -900_000_000, max: 900_000_000 }).filter((value) => value !== 0),
          lonE7: fc.integer({ min: -1_800_000_000, max: 1_800_000_000 }).filter((value) => value !== 0),
          side: fc.constantFrom('letter' as const, 'both' as const),
          speedKph: fc.nat(2000).map((value) => value / 10),
          courseDeg: fc.nat(3599).map((value) => value / 10),
          altitudeM: fc.integer({ min: -4000, max: 80_000 }).map((value) => value / 10),
          satellites: fc.nat(40),
          gsmPct: fc.nat(100),
          batteryPct: fc.nat(100),
          steps: fc.nat(100_000),
          tumbles: fc.nat(5000),
          status: fc.constantFrom(0, 8, 16, 1 << 16, 1 << 21),
          mcc: fc.nat(999),
          mnc: fc.nat(999),
          cells: fc.array(fc.record({ lac: fc.nat(65_535), cellId: fc.nat(0xfffffff), signal: fc.nat(255) }), {
            minLength: 1,
            maxLength: 7,
          }),
          wifi: fc.array(fc.record({ name, mac, signal: fc.integer({ min: -100, max: -20 }) }), { maxLength: 5 }),
          accuracyM: fc.nat(1000).map((value) => value / 2),
        }),
        (from, position) => {
          const bytes = encodePosition(from, position)
          expect(splitAll(codec, bytes, 0).frames).toHaveLength(1)
          const { rows, device, reject } = take(codec, bytes, session(), RECEIVED)
          expect([reject, device]).toEqual([null, from.id])
          const row = rows[0]
          expect(row).toMatchObject({
            table: 'fixes',
            message: position.type,
            fix_time: new Date(position.timeMs).toISOString(),
            latitude: position.latE7 / 1e7,
            longitude: position.lonE7 / 1e7,
            valid: position.valid,
            source: position.valid ? 'gnss' : 'last_known',
            satellites: position.satellites,
            battery_pct: position.batteryPct,
            buffered: position.type === 'UD2',
            mcc: position.mcc,
            mnc: position.mnc,
            lac: position.cells[0].lac,
            cell_id: position.cells[0].cellId,
          })
          expect(row.speed_kph as number).toBeCloseTo(position.speedKph, 3)
          expect(row.course_deg as number).toBeCloseTo(position.courseDeg, 3)
          expect(row.altitude_m as number).toBeCloseTo(position.altitudeM, 2)
          expect(row.attributes).toMatchObject({
            manufacturer: from.maker,
            gsm_pct: position.gsmPct,
            steps: position.steps,
            tumbles: position.tumbles,
            accuracy_m: position.accuracyM,
          })
          expect(row.attributes.index).toBe(from.index)
          expect(row.attributes.cells as unknown[]).toHaveLength(position.cells.length)
          expect(row.attributes.wifi ?? []).toEqual(position.wifi)
          expect(row.attributes.length_ok).toBeUndefined()
        },
      ),
      { numRuns: 300 },
    )
  })
  test('a keep-alive gives back its values, and its reply is read', () => {
    fc.assert(
      fc.property(head, fc.nat(99_999), fc.nat(999), fc.nat(100), (from, steps, tumbles, batteryPct) => {
        const taken = take(codec, encodeLink(from, { steps, tumbles, batteryPct }), session(), RECEIVED)
        expect(taken.rows[0]).toMatchObject({
          table: 'telemetry',
          battery_pct: batteryPct,
          attributes: { steps, tumbles },
        })
        expect(readReply(taken.ack)).toEqual({ size: taken.ack.length, type: 'LK', content: 'LK' })
      }),
      { numRuns: 50 },
    )
  })
  test('binary data survives its escapes and has no bracket, comma or star', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 400 }), (bytes) => {
        const escaped = escape(bytes)
        expect(escaped.some((byte) => [0x5b, 0x5d, 0x2c, 0x2a].includes(byte))).toBe(false)
        expect(unescape(escaped)).toEqual(bytes)
        const { rows } = take(codec, encodeVoice({ id: ID }, bytes), session(), RECEIVED)
        expect(rows[0].attributes.voice_bytes).toBe(bytes.length)
      }),
      { numRuns: 100 },
    )
  })
})

describe('watch simulator', () => {
  test('what a tracker reports, live or late, is what it drove; its states make no fixes', () => {
    for (const imei of ['860000000000000', '860000000000001', '860000000000002'])
      expect([...expectDriven(codec, watchTracker, imei, RECEIVED)]).toEqual(
        expect.arrayContaining([
          'UD_LTE',
          'UD2',
          'AL_LTE',
          'WT',
          'TKQ',
          'LK',
          'heart',
          'bphrt',
          'btemp2',
          'oxygen',
          'GS1',
          'CONFIG',
          'TIME',
          'TK',
        ]),
      )
  })
})

describe('watch commands', () => {
  const COMMANDS: [Command, (string | number)[], string][] = [
    ['position', [], '0002*CR'],
    ['interval', [300], '000A*UPLOAD,300'],
    ['reboot', [], '0005*RESET'],
    ['powerOff', [], '0008*POWEROFF'],
    ['factoryReset', [], '0007*FACTORY'],
    ['find', [], '0004*FIND'],
    ['monitor', ['13900001111'], '0013*MONITOR,13900001111'],
    ['call', ['13900001111'], '0010*CALL,13900001111'],
    ['centre', ['13900001111'], '0012*CENTER,13900001111'],
    ['sos1', ['13900001111'], '0010*SOS1,13900001111'],
    ['server', ['gw.example.net', 8888], '0016*IP,gw.example.net,8888'],
    ['language', [0, 1], '0006*LZ,0,1'],
    ['fallDetection', [1, 1], '000C*FALLDOWN,1,1'],
    ['fallSensitivity', ['5+6'], '0009*LSSET,5+6'],
    ['settings', [], '0002*TS'],
    ['version', [], '0005*VERNO'],
    ['appLock', ['DW-1'], '000C*APPLOCK,DW-1'],
    ['heartRate', [1], '000A*hrtstart,1'],
    ['healthAuto', [1, 1, 300], '0015*HEALTHAUTOSET,1,1,300'],
    ['sos', ['1', '2', '3'], '0009*SOS,1,2,3'],
    ['sos2', ['139'], '0008*SOS2,139'],
    ['sos3', ['139'], '0008*SOS3,139'],
    ['apn', ['net', '', '', 46000], '000F*APN,net,,,46000'],
    ['sosSms', [1], '0008*SOSSMS,1'],
    ['lowBatterySms', [1], '0008*LOWBAT,1'],
    ['removalAlarm', [1], '0008*REMOVE,1'],
    ['removalSms', [1], '000B*REMOVESMS,1'],
    ['photo', [], '0008*rcapture'],
    ['message', [messageText('Hi')], '0010*MESSAGE,00480069'],
    ['password', ['123456'], '0009*PW,123456'],
    ['silence', ['21:10-7:30'], '0016*SILENCETIME,21:10-7:30'],
    ['reminders', ['8:10-1-1'], '000F*REMIND,8:10-1-1'],
    ['phoneBook', ['139', 'Ann'], '000B*PHB,139,Ann'],
    ['phoneBook2', ['139', 'Ann'], '000C*PHB2,139,Ann'],
    ['whiteList', ['139'], '000E*WHITELIST1,139'],
    ['flowers', [5], '0008*FLOWER,5'],
    ['profile', [3], '0009*profile,3'],
    ['walkTime', ['8:10-9:30'], '0012*WALKTIME,8:10-9:30'],
    ['sleepTime', ['21:10-7:30'], '0014*SLEEPTIME,21:10-7:30'],
    ['bodyTemperature', [], '0009*bodytemp2'],
    ['pills', ['8:10-1-1'], '0012*TAKEPILLS,8:10-1-1'],
    ['wifiSearch', [], '000A*WIFISEARCH'],
    ['wifiSet', ['home', 'key'], '0010*WIFISET,home,key'],
  ]
  test('every command of the table is here', () => {
    expect(COMMANDS.map(([command]) => command).toSorted()).toEqual(Object.keys(commands).toSorted() as Command[])
  })
  for (const [command, values, frame] of COMMANDS)
    test(`${command} is the bytes of the paper`, () => {
      expect(textOf(encodeCommand({ id: ID }, command, values))).toBe(`[3G*${ID}*${frame}]`)
    })
  test('the maker and the index of the tracker are repeated, unless the option names a maker', () => {
    const head = { id: ID, maker: 'ZJ', index: commandIndex(1) }
    expect(textOf(encodeCommand(head, 'position'))).toBe(`[ZJ*${ID}*0001*0002*CR]`)
    const options = watchOptions.parse({ command_maker: 'SG' })
    expect(textOf(encodeCommand(head, 'position', [], options))).toBe(`[SG*${ID}*0001*0002*CR]`)
    expect(textOf(encodeVoiceCommand({ id: ID }, bytesOfText('a,b')))).toBe(`[3G*${ID}*0007*TK,a}\x04b]`)
  })
  test('text messages are UTF-16BE as hex', () => expect(messageText('Hé')).toBe('004800E9'))
})
