/** The fault tests of the journal in their short form: one seed after another for a few seconds. */
import { expect, test } from 'bun:test'
import { JOURNAL_FAULT_TESTS } from './list.ts'

const SECONDS = 2
const SEED = 1

for (const { id, name, run } of JOURNAL_FAULT_TESTS)
  test(`${id}: ${name}`, async () => {
    const done = await run({ seed: SEED, seconds: SECONDS })
    if (done.startsWith('not run')) console.log(`${id} ${done}`)
    expect(done).not.toBe('')
  }, 60_000)
