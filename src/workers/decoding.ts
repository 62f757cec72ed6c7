/** What workers do for whoever brings batches to ClickHouse, who sees records as bytes only. */
import { Reject } from '../codecs/rejects.ts'
import type { DecodeResult, DecodeTask } from './decode.ts'
import { joinBlocks } from './join-blocks.ts'
import type { WorkerPool } from './pool.ts'
import { batchOf, recordHash, recordsOf } from './records.ts'
import { emptyBlocks } from './tables.ts'

/** As the drain wants it, by the threads of a pool. */
export const decodingBy = (pool: WorkerPool) => ({
  decode: (
    batch: Pick<DecodeTask, 'arena' | 'used'>,
    refused: NonNullable<DecodeTask['refused']>,
    counted: boolean,
  ): Promise<DecodeResult> => pool.decode({ ...batch, refused }, counted),
  recordsOf,
  batchOf,
  recordHash,
  joinBlocks,
  emptyBlocks: emptyBlocks(),
  reasons: { refused: Reject.refused, deadly: Reject.decoder_error },
})
