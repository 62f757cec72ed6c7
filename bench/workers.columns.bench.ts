/** Columns apart from what fills them: a row written to each, beside as many numbers to one array; a block of each table. */
import { Alarm } from '../src/codecs/alarms.ts'
import { ascii } from '../src/codecs/ascii.ts'
import { attributeInt, key } from '../src/codecs/attributes.ts'
import { Records, Source } from '../src/codecs/records.ts'
import { codecOptions, createCodecs } from '../src/codecs/registry.ts'
import { Decoder } from '../src/workers/decode.ts'
import { arenaFor, fillBatch, headersOf } from './batches.ts'
import { codecs, fleetRing } from './fleet.ts'
import { copyTask, RECEIVED_MS, type Task } from './suite.ts'

const ROWS = 4096
const COLUMNS = 26
const records = new Records(ROWS)
const flat = new Float64Array(ROWS * COLUMNS)
const MESSAGE = ascii('location'),
  SERIAL = key('serial')

function appendRow(index: number): void {
  const row = records.begin(MESSAGE)
  records.isFix[row] = 1
  records.fixMs[row] = RECEIVED_MS + index
  records.latE7[row] = 185_204_300 + index
  records.lonE7[row] = 738_567_400 - index
  records.altitudeM[row] = index & 1023
  records.speedKph[row] = index & 127
  records.courseDeg[row] = index & 255
  records.hdop[row] = 0.8
  records.satellites[row] = index & 15
  records.valid[row] = 1
  records.source[row] = Source.gnss
  records.buffered[row] = 0
  records.ignition[row] = index & 1
  records.motion[row] = index & 1
  records.charging[row] = 1
  records.batteryPct[row] = index & 63
  records.batteryV[row] = 4.1
  records.powerV[row] = 12.7
  records.odometerKm[row] = 1000 + index / 10
  records.rssi[row] = index & 31
  records.mcc[row] = 404
  records.mnc[row] = 22
  records.lac[row] = 7978
  records.cellId[row] = 46_020 + index
  records.inputs[row] = index
  records.outputs[row] = 0
  if ((index & 63) === 0) records.alarm(Alarm.sos)
  attributeInt(records, SERIAL, index)
  records.end()
}

const traffic = codecs.map(({ name }) => [name, fleetRing(name)] as const)
const decoder = new Decoder(createCodecs(codecOptions.parse({})))
const arena = arenaFor(traffic)
decoder.decode({ arena, used: fillBatch(arena, headersOf(traffic), traffic).used })

const blockTasks = (['fixes', 'telemetry', 'alarms', 'frames'] as const).flatMap((table): Task[] => {
  const rows = decoder.write(table)
  const limit = `block copy · ${table}`
  return [
    copyTask(limit, rows, () => decoder.block(table).bytes),
    { name: `block · ${table} of all protocols`, frames: rows, limit, run: () => decoder.write(table) },
  ]
})

const suite: Task[] = [
  {
    name: `columns ${COLUMNS} numbers to one array`,
    frames: ROWS,
    run: () => {
      for (let at = 0; at < flat.length; at++) flat[at] = at
      return flat.length / COLUMNS
    },
  },
  {
    name: 'columns append',
    frames: ROWS,
    limit: `columns ${COLUMNS} numbers to one array`,
    run: () => {
      records.reset()
      for (let index = 0; index < ROWS; index++) appendRow(index)
      return records.rows
    },
  },
  ...blockTasks,
]
export default suite
