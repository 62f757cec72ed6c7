/** Every fault test there is. */
import { cutJournal, damagedJournal } from './damage.ts'
import { failingCalls } from './disk-faults.ts'
import { failingSync } from './failing-sync.ts'
import type { FaultTest } from './faults.ts'
import { fullDisk } from './full-disk.ts'
import { GATEWAY_FAULT_TESTS } from './gateway/list.ts'
import { journalModel } from './journal-model.ts'

/** Those of the journal alone. */
export const JOURNAL_FAULT_TESTS: readonly FaultTest[] = [
  cutJournal,
  damagedJournal,
  failingCalls,
  failingSync,
  fullDisk,
  journalModel,
]

export const FAULT_TESTS: readonly FaultTest[] = [...JOURNAL_FAULT_TESTS, ...GATEWAY_FAULT_TESTS]
