/** Ablation: the journal is written and never synced. */
import { DISK } from '../../src/storage/files.ts'

DISK.sync = async () => {}
