/** The commands `bench` and `bench:compare`: their files and exit statuses. */
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchRecord } from '../../bench/history.ts'
import { ROOT } from '../../bench/revision.ts'

const directory = mkdtempSync(join(tmpdir(), 'waygate-commands-'))
afterAll(() => rmSync(directory, { recursive: true }))

async function run(command: string, ...args: string[]) {
  const child = Bun.spawn([process.execPath, join(ROOT, 'bench', command), ...args], { stdout: 'pipe', stderr: 'pipe' })
  const [out, complaint] = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { status: await child.exited, out, complaint }
}

test('bench --json: a case, its limit, and their ratio', async () => {
  const path = join(directory, 'cases.json')
  expect(await run('main.ts', 'gt06 hash · heartbeat', '--json', path)).toMatchObject({ status: 0 })
  const { machine, bun, cases } = JSON.parse(readFileSync(path, 'utf8')) as BenchRecord
  expect(bun).toBe(Bun.version)
  expect(machine.cores).toBeGreaterThan(0)
  const [limit, hash] = cases
  expect(limit).toMatchObject({ name: hash.limit!, limit: null, limit_ratio: null })
  expect(hash.limit_ratio).toBeCloseTo(hash.ns_per_frame / limit.ns_per_frame, 1)
}, 20_000)

test('bench: a filter that nothing matches is wrong use', async () => {
  const { status, complaint } = await run('main.ts', 'no such case')
  expect([status, complaint]).toEqual([2, 'No task has "no such case" in its name.\n'])
})

test('bench --record: not of some cases only', async () => {
  expect((await run('main.ts', 'gt06', '--record')).status).toBe(2)
})

test('bench:compare: without a revision, or with an unknown one, is wrong use', async () => {
  expect((await run('compare.main.ts')).status).toBe(2)
  expect((await run('compare.main.ts', 'no-such-revision')).status).toBe(2)
  expect((await run('compare.main.ts', 'HEAD', '--threshold', 'much')).status).toBe(2)
  expect((await run('compare.main.ts', 'HEAD', 'HEAD~1')).status).toBe(2)
})
