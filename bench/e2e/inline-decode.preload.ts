/** Ablation: batches are decoded in the main thread, and not in the pool. */
import { unpack } from 'msgpackr'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { Decoder, decoderName } from '../../src/workers/decode.ts'
import { WorkerPool } from '../../src/workers/pool.ts'

const options = codecOptions.parse({})
const codecs = createCodecs(options)
const decoder = new Decoder(codecs, decoderName(codecs, options, []))

WorkerPool.prototype.decode = async function decode(this: WorkerPool, task, counted = true) {
  const result = decoder.decode(task)
  if (counted) (this as unknown as { count(summary: unknown): void }).count(unpack(result.summary))
  return result
}
