/** Which cases the guard times. */
import { expect, test } from 'bun:test'
import { compared } from '../../bench/compared.ts'
import type { Task } from '../../bench/suite.ts'
import { TASKS } from '../../bench/suites.ts'

const task = (name: string, more: Partial<Task> = {}): Task => ({ name, frames: 1, run: () => 1, ...more })
const names = (tasks: readonly Task[]) => tasks.map(({ name }) => name)

const scan = task('scan')
const loop = task('loop')
const decode = task('decode', { limit: 'scan' })
const again = task('decode, beside a loop', { limit: 'loop', sameRunAs: 'decode' })

test('neither limits nor the same run beside another limit', () => {
  expect(names(compared([scan, loop, decode, again]))).toEqual(['decode'])
})

test('a case with a limit of its own stays, though others have it as theirs', () => {
  const copy = task('copy', { limit: 'scan' })
  expect(names(compared([scan, copy, task('append', { limit: 'copy' })]))).toEqual(['copy', 'append'])
})

test('a run whose other name is not there stays', () => {
  expect(names(compared([loop, again]))).toEqual(['decode, beside a loop'])
})

test('every case of the suites is compared, by its own name or another', () => {
  const all = new Set(names(TASKS))
  expect(all.size).toBe(TASKS.length)
  const timed = new Set(names(compared(TASKS)))
  for (const { name, limit, sameRunAs } of TASKS) {
    if (limit === undefined) continue
    expect(all).toContain(limit)
    let run = name
    for (let same = sameRunAs; same !== undefined; same = TASKS.find((each) => each.name === run)!.sameRunAs) run = same
    expect(timed).toContain(run)
  }
})
