/** Ablation: the journal is neither written nor synced. What memory does not hold until ClickHouse has it is lost. */
import { DISK } from '../../src/storage/files.ts'

DISK.writev = async (_, buffers) => buffers.reduce((sum, { length }) => sum + length, 0)
DISK.sync = async () => {}
