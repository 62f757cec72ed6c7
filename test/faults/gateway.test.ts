/** The fault tests of a whole gateway in their short form. */
import { expect, test } from 'bun:test'
import { GATEWAY_FAULT_TESTS } from './gateway/list.ts'

const SEED = 1
const TIMEOUT_MS = 120_000

for (const { id, name, run } of GATEWAY_FAULT_TESTS)
  test(`${id}: ${name}`, async () => expect(await run({ seed: SEED, seconds: 0 })).not.toBe(''), TIMEOUT_MS)
