/** Entry of a Piscina thread. The arena comes and goes by transfer, and so do the blocks. */
import { Piscina, workerData } from 'piscina'
import { createCodecs, type CodecOptions } from '../codecs/registry.ts'
import { Decoder, type DecodeResult, type DecodeTask } from './decode.ts'

const decoder = new Decoder(createCodecs(workerData as CodecOptions))

export default function decode(task: DecodeTask): unknown {
  return Piscina.move(new Moved(decoder.decode(task)) as never)
}

/** Tells Piscina which buffers of a result to transfer. */
class Moved {
  constructor(private readonly result: DecodeResult) {}
  get [Piscina.transferableSymbol](): ArrayBuffer[] {
    return [this.result.arena, ...this.result.blocks.map((block) => block.bytes.buffer as ArrayBuffer)]
  }
  get [Piscina.valueSymbol](): DecodeResult {
    return this.result
  }
}
