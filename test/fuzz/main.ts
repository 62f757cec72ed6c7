/** `bun run fuzz`: a campaign from the command line. */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { runCampaign } from './campaign.ts'
import { buildCorpus, FIXTURES } from './corpus.ts'
import { Gauntlet } from './gauntlet.ts'
import { minimise, print, violationOf } from './minimise.ts'
import { makeMutant } from './mutants.ts'

const UNTIL_DONE = 1e6
const USAGE = `Mutated frames of every protocol through recognition, splitting, binding, acks and decoding.

  fuzz [--minutes N] [--mutants N] [--seed N] [--from N] [--threads N] [--frames DIR,DIR] [--only K]

  --minutes  how long (default 1); with --mutants alone: until those are done
  --mutants  how many
  --seed     the same seed makes the same mutants (default: from the clock)
  --from     number of the first mutant, to go on where another run ended
  --threads  default 1
  --frames   more directories with <protocol>.jsonl files of frames, besides fixtures/
  --only     runs mutant K of the seed alone and says what becomes of it

Ends with 0 if no mutant broke a rule, else with 1.
`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    mutants: { type: 'string' },
    seed: { type: 'string' },
    from: { type: 'string', default: '0' },
    threads: { type: 'string', default: '1' },
    frames: { type: 'string', default: '' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const checked = z
  .object({
    minutes: z.coerce.number().positive(),
    mutants: z.coerce.number().positive(),
    seed: z.coerce.number().int().min(0).max(0xffff_ffff),
    from: z.coerce.number().int().min(0),
    threads: z.coerce.number().int().min(1).max(64),
    only: z.coerce.number().int().min(0).optional(),
  })
  .safeParse({
    minutes: values.minutes ?? (values.mutants === undefined ? 1 : UNTIL_DONE),
    mutants: values.mutants ?? Number.MAX_SAFE_INTEGER,
    seed: values.seed ?? Date.now() % 0x1_0000_0000,
    from: values.from,
    threads: values.threads,
    only: values.only,
  })
if (!checked.success) {
  for (const issue of checked.error.issues) process.stderr.write(`--${issue.path[0] as string}: ${issue.message}\n`)
  process.exit(2)
}
const { minutes, mutants, seed, from, threads, only } = checked.data
const frames = [FIXTURES, ...values.frames.split(',').filter((directory) => directory !== '')]
const say = (line: string) => process.stdout.write(`${line}\n`)
const whole = (value: number) => Math.round(value).toLocaleString('en')

if (only !== undefined) {
  const corpus = buildCorpus(createCodecs(codecOptions.parse({})), frames)
  const mutant = makeMutant(corpus, seed, only)
  say(`mutant ${only} of seed ${seed}:\n${print(mutant)}`)
  const gauntlet = new Gauntlet(corpus)
  const run = (each: typeof mutant) => {
    gauntlet.run(each)
    gauntlet.finish()
  }
  const violation = violationOf(run, mutant)
  if (violation === null) say('breaks no rule')
  else say(`${violation.rule}: ${violation.detail}\nminimised:\n${print(minimise(run, mutant, violation.rule))}`)
  process.exit(violation === null ? 0 : 1)
}

say(`seed ${seed}`)
let saidAt = 0
const progress = (done: number, failed: number, seconds: number) => {
  if (process.stdout.isTTY) process.stdout.write(`\r${whole(done)} mutants, ${whole(seconds)} s, ${failed} failures `)
  else if (seconds - saidAt >= 10) {
    saidAt = seconds
    say(`${whole(done)} mutants, ${whole(seconds)} s, ${failed} failures`)
  }
}
const result = await runCampaign(
  { seed, from, mutants, seconds: minutes * 60, threads, frames },
  progress,
  ({ number, rule, detail, mutant }) =>
    say(`\n${rule}: ${detail}\n${mutant}\n  again: bun run fuzz -- --seed ${seed} --only ${number}`),
)
if (process.stdout.isTTY) say('')
say(
  [
    `${whole(result.mutants)} mutants in ${result.seconds.toFixed(1)} s, ${whole(result.mutants / result.seconds)} a second, seed ${seed}`,
    `${whole(result.frames)} frames, ${whole(result.rows)} rows, ${whole(result.rejects)} rejects of decoders`,
    `slowest decode ${result.slowestDecodeMs.toFixed(2)} ms, slowest other call ${result.slowestCallMs.toFixed(2)} ms`,
    `${result.failures.length} failures`,
  ].join('\n'),
)
process.exit(result.failures.length > 0 ? 1 : 0)
