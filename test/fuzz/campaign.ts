/**
 * A campaign: mutants by the million, on threads of their own, so that one that never ends is noticed and named. Each
 * thread takes every n-th number.
 */
import { createCodecs, codecOptions } from '../../src/codecs/registry.ts'
import { buildCorpus } from './corpus.ts'
import { makeMutant } from './mutants.ts'
import { print } from './minimise.ts'

export interface CampaignOptions {
  seed: number
  /** Number of the first mutant. */
  from: number
  /** Ends after so many mutants or so long, whichever comes first. */
  mutants: number
  seconds: number
  threads: number
  /** Directories of `<protocol>.jsonl` frames. */
  frames: readonly string[]
}

export interface Failure {
  number: number
  rule: string
  detail: string
  /** The minimised mutant in hex. */
  mutant: string
}

export interface CampaignResult {
  mutants: number
  seconds: number
  frames: number
  rows: number
  rejects: number
  slowestDecodeMs: number
  slowestCallMs: number
  failures: Failure[]
}

/** What a thread is told, and what it tells at its end. */
export interface ThreadTask extends CampaignOptions {
  thread: number
  progress: SharedArrayBuffer
}
export type ThreadResult = Omit<CampaignResult, 'seconds'>

/** A run of a mutant that takes longer never ends. */
const HANG_MS = 60_000
const LOOK_MS = 500

/** Progress of a thread in shared memory: mutants done, number at hand, failures, runs (many for one that is made small). */
export const PROGRESS_FIELDS = 4

export async function runCampaign(
  options: CampaignOptions,
  onProgress: (mutants: number, failures: number, seconds: number) => void = () => {},
  onFailure: (failure: Failure) => void = () => {},
): Promise<CampaignResult> {
  const progress = new SharedArrayBuffer(8 * PROGRESS_FIELDS * options.threads)
  const fields = new Float64Array(progress)
  const total = (field: number) => {
    let sum = 0
    for (let thread = 0; thread < options.threads; thread++) sum += fields[thread * PROGRESS_FIELDS + field]
    return sum
  }
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const result: CampaignResult = {
    mutants: 0,
    seconds: 0,
    frames: 0,
    rows: 0,
    rejects: 0,
    slowestDecodeMs: 0,
    slowestCallMs: 0,
    failures: [],
  }
  const look = setInterval(() => onProgress(total(0), total(2), seconds()), LOOK_MS)
  await Promise.all(
    Array.from({ length: options.threads }, async (_, thread) => {
      const answer = await runThread({ ...options, thread, progress }, fields, onFailure)
      for (const name of ['mutants', 'frames', 'rows', 'rejects'] as const) result[name] += answer[name]
      for (const name of ['slowestDecodeMs', 'slowestCallMs'] as const)
        result[name] = Math.max(result[name], answer[name])
      result.failures.push(...answer.failures)
    }),
  )
  clearInterval(look)
  return { ...result, seconds: seconds() }
}

function runThread(
  task: ThreadTask,
  fields: Float64Array,
  onFailure: (failure: Failure) => void,
): Promise<ThreadResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('thread.ts', import.meta.url).href)
    let [seen, since] = [-1, performance.now()]
    const finish = (result: ThreadResult) => {
      clearInterval(watch)
      worker.terminate()
      resolve(result)
    }
    const watch = setInterval(() => {
      const number = fields[task.thread * PROGRESS_FIELDS + 1]
      const runs = fields[task.thread * PROGRESS_FIELDS + 3]
      if (runs !== seen) [seen, since] = [runs, performance.now()]
      else if (runs > 0 && performance.now() - since > HANG_MS) {
        const result = hung(task, number, fields)
        onFailure(result.failures[0])
        finish(result)
      }
    }, LOOK_MS)
    worker.onmessage = ({ data }: MessageEvent<Failure | ThreadResult>) =>
      'failures' in data ? finish(data) : onFailure(data)
    worker.onerror = (event) => {
      clearInterval(watch)
      reject(new Error(event.message))
    }
    worker.postMessage(task)
  })
}

/** Numbers in the shared memory are one more than the mutant's: 0 is none yet. */
function hung(task: ThreadTask, numberAndOne: number, fields: Float64Array): ThreadResult {
  const number = numberAndOne - 1
  const corpus = buildCorpus(createCodecs(codecOptions.parse({})), task.frames)
  const mutant = print(makeMutant(corpus, task.seed, number))
  const failure = { number, rule: 'endless', detail: `no end after ${HANG_MS / 1000} s`, mutant }
  const mutants = fields[task.thread * PROGRESS_FIELDS]
  return { mutants, frames: 0, rows: 0, rejects: 0, slowestDecodeMs: 0, slowestCallMs: 0, failures: [failure] }
}
