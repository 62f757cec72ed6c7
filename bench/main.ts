/** `bench`: the suites of the hot path. `bench -- gt06` runs the tasks whose names contain the word. */
import { runSuite } from './run.ts'
import { TASKS } from './suites.ts'

const filter = process.argv[2] ?? ''
const wanted = TASKS.filter((task) => task.name.includes(filter))
const names = new Set(wanted.map((task) => task.name))
// A task is nothing without its limit beside it.
const limits = TASKS.filter((task) => !names.has(task.name) && wanted.some((other) => other.limit === task.name))
if (wanted.length === 0) {
  console.error(`No task has "${filter}" in its name.`)
  process.exit(2)
}
console.log(
  `Bun ${Bun.version}, ${process.platform} ${process.arch}; medians; the limit is the least anybody must do with the same bytes`,
)
await runSuite([...limits, ...wanted])
