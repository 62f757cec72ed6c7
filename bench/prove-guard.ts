/** The proof that the guard works: HEAD against itself, and against itself with a slower decode; see USAGE. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compareTrees, exitWith, FULL, showProgress, type Settings } from './compare.ts'
import { CannotCompare, hashOf, ROOT, withTreeOf } from './revision.ts'
import type { Trees } from './rounds.ts'

const USAGE = `How often does the guard raise a false alarm, and how often does it see a slow-down of 10 %?

  bun bench/prove-guard.ts [--times N] [--slowed N] [--filter WORD]

  --times   HEAD against itself, so often (default 20)
  --slowed  HEAD against itself with gt06's decode about 10 % slower, so often (default 20)
  --filter  only cases with this word in their names

Ends with 0 if there was no false alarm and every slow-down was seen, else with 1.
`
const SLOWED = 'gt06 decode'

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '20' },
    slowed: { type: 'string', default: '20' },
    filter: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const settings: Settings = { ...FULL, filter: values.filter }
let seed = 1

await exitWith(async () => {
  const head = hashOf('HEAD')
  if (head === undefined) throw new CannotCompare('There is no git here.')
  return await withTreeOf(head, async (same) => {
    const alarms = await repeat(Number(values.times), 'itself', { old: same, new: ROOT }, () => false)
    return await withTreeOf(head, async (slower) => {
      slowDown(slower)
      const seen = await repeat(Number(values.slowed), 'slower', { old: same, new: slower }, (name) =>
        name.startsWith(SLOWED),
      )
      process.stdout.write(
        `HEAD against itself: ${alarms.falsely} of ${values.times} comparisons with a false alarm\n` +
          `slower decode of gt06: seen in ${seen.rightly} of ${values.slowed} comparisons, with a false alarm in ${seen.falsely}\n`,
      )
      return alarms.falsely === 0 && seen.falsely === 0 && seen.rightly === Number(values.slowed) ? 0 : 1
    })
  })
})

/** In how many comparisons a case regressed that is slower, and in how many one that is not. */
async function repeat(times: number, what: string, trees: Trees, isSlower: (name: string) => boolean) {
  let [rightly, falsely] = [0, 0]
  for (let time = 1; time <= times; time++) {
    const { cases, seconds, disturbed_rounds } = await compareTrees(trees, settings, seed++, (text) =>
      showProgress(`${what} ${time} of ${times}: ${text}`),
    )
    const regressed = cases.filter(({ verdict }) => verdict === 'regressed')
    if (regressed.some(({ name }) => isSlower(name))) rightly++
    if (regressed.some(({ name }) => !isSlower(name))) falsely++
    const count = (wanted: string) => cases.filter(({ verdict }) => verdict === wanted).length
    process.stdout.write(
      `${what} ${time}: ${cases.length} cases, ${count('same')} same, ${count('unclear')} unclear, ${count('improved')} improved, ` +
        `regressed: ${regressed.map(({ name, change_pct }) => `${name} ${change_pct} %`).join(', ') || 'none'}; ` +
        `${seconds} s, ${disturbed_rounds} disturbed\n`,
    )
  }
  return { rightly, falsely }
}

/** Lets gt06's decode spin a little for each byte: measured, 6 % of a heartbeat to 15 % of a location 0x12. */
function slowDown(tree: string): void {
  const path = join(tree, 'src/codecs/gt06/index.ts')
  const source = readFileSync(path, 'utf8')
  const slower = source.replace(
    /decode: (\(bytes, start, end, context, records\)) => (decode\(.*\)),/,
    `decode: $1 => {
      for (let step = start * 5; step < end * 5; step += 8) spun = Math.imul(spun ^ step, 31)
      return $2
    },`,
  )
  if (slower === source) throw new Error(`${path}: there is no decode where it was`)
  writeFileSync(path, `let spun = 1\n${slower}`)
}
