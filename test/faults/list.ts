/** Every fault test there is. */
import { cutJournal, damagedJournal } from './damage.ts'
import { failingCalls } from './disk-faults.ts'
import { failingSync } from './failing-sync.ts'
import type { FaultTest } from './faults.ts'
import { fullDisk } from './full-disk.ts'
import { journalModel } from './journal-model.ts'

export const FAULT_TESTS: readonly FaultTest[] = [
  cutJournal,
  damagedJournal,
  failingCalls,
  failingSync,
  fullDisk,
  journalModel,
]
