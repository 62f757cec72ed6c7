/** One thread of a campaign; see campaign.ts. */
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { PROGRESS_FIELDS, type Failure, type ThreadResult, type ThreadTask } from './campaign.ts'
import { buildCorpus } from './corpus.ts'
import { Gauntlet } from './gauntlet.ts'
import { minimise, print, violationOf } from './minimise.ts'
import { makeMutant, type Mutant } from './mutants.ts'

/** So many failures of one kind are minimised and kept; the rest are counted. */
const ALIKE_MAX = 2
/** How often the clock is looked at, and the end of all is. */
const CLOCK_EVERY = 256

declare const self: Worker

self.onmessage = ({ data }: MessageEvent<ThreadTask>) => self.postMessage(runMutants(data))

function runMutants({ seed, from, mutants, seconds, threads, thread, frames, progress }: ThreadTask): ThreadResult {
  const fields = new Float64Array(progress, 8 * PROGRESS_FIELDS * thread, PROGRESS_FIELDS)
  const corpus = buildCorpus(createCodecs(codecOptions.parse({})), frames)
  let gauntlet = new Gauntlet(corpus)
  const failures: Failure[] = []
  const alike = new Map<string, number>()
  const end = performance.now() + seconds * 1000
  const result: ThreadResult = {
    mutants: 0,
    frames: 0,
    rows: 0,
    rejects: 0,
    slowestDecodeMs: 0,
    slowestCallMs: 0,
    failures,
  }
  const close = () => {
    const { totals, guard } = gauntlet
    for (const name of ['frames', 'rows', 'rejects'] as const) result[name] += totals[name]
    result.slowestDecodeMs = Math.max(result.slowestDecodeMs, guard.timing.decodeMs)
    result.slowestCallMs = Math.max(result.slowestCallMs, guard.timing.callMs)
  }
  for (let number = from + thread; number < from + mutants; number += threads) {
    if (result.mutants % CLOCK_EVERY === 0 && performance.now() > end) break
    fields[1] = number + 1
    const mutant = makeMutant(corpus, seed, number)
    fields[3]++
    const violation = violationOf((each) => gauntlet.run(each), mutant)
    fields[0] = ++result.mutants
    if (violation === null) continue
    // A gateway of its own for what follows: nothing of the failing one may linger.
    close()
    gauntlet = new Gauntlet(corpus)
    const apart = new Gauntlet(corpus)
    const again = (each: Mutant) => {
      fields[3]++
      apart.run(each)
    }
    const confirmed = violationOf(again, mutant)
    if (confirmed === null && violation.rule === 'slow') continue // the machine was, not the codec
    fields[2]++
    const kind = `${violation.rule} ${violation.detail.replaceAll(/[0-9.]+/g, '0').slice(0, 60)}`
    const count = (alike.get(kind) ?? 0) + 1
    alike.set(kind, count)
    if (count > ALIKE_MAX) continue
    const small = confirmed === null ? mutant : minimise(again, mutant, violation.rule)
    const { detail } = violationOf(again, small) ?? violation
    const failure = { number, rule: violation.rule, detail, mutant: print(small) }
    failures.push(failure)
    self.postMessage(failure)
  }
  const left = violationOf(() => gauntlet.finish(), { pieces: [], transport: 'udp', cuts: [], strict: false })
  if (left) failures.push({ number: -1, rule: left.rule, detail: left.detail, mutant: '' })
  close()
  return result
}
