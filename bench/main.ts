/** `bench`: the suites of the hot path. `bench -- gt06` runs the tasks whose names contain the word. */
import { runSuite } from './suite.ts'
import ais140 from './codecs.ais140.bench.ts'
import atrack from './codecs.atrack.bench.ts'
import cantrack from './codecs.cantrack.bench.ts'
import flextrack from './codecs.flextrack.bench.ts'
import gps103 from './codecs.gps103.bench.ts'
import gt06 from './codecs.gt06.bench.ts'
import jt808 from './codecs.jt808.bench.ts'
import recognition from './codecs.recognise.bench.ts'
import tk103 from './codecs.tk103.bench.ts'
import watch from './codecs.watch.bench.ts'
import workers from './workers.decode.bench.ts'

const filter = process.argv[2] ?? ''
const suites = [gt06, ais140, atrack, gps103, tk103, flextrack, cantrack, jt808, watch, recognition, workers]
const wanted = suites.flat().filter((task) => task.name.includes(filter))
const names = new Set(wanted.map((task) => task.name))
// A task is nothing without its limit beside it.
const limits = suites
  .flat()
  .filter((task) => !names.has(task.name) && wanted.some((other) => other.limit === task.name))
if (wanted.length === 0) {
  console.error(`No task has "${filter}" in its name.`)
  process.exit(2)
}
console.log(
  `Bun ${Bun.version}, ${process.platform} ${process.arch}; medians; the limit is the least anybody must do with the same bytes`,
)
await runSuite([...limits, ...wanted])
