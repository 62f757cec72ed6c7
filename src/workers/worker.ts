/** Entry of a Piscina thread. The arena comes and goes by transfer, and so do the blocks. */
import { Piscina, workerData } from 'piscina'
import { DeviceSettings, type DeviceOptions } from '../codecs/device-settings.ts'
import { createCodecs, type CodecOptions } from '../codecs/registry.ts'
import { Decoder, decoderName, type DecodeResult, type DecodeTask } from './decode.ts'

/** What a thread is started with. */
export interface WorkerData {
  options: CodecOptions
  devices: readonly DeviceOptions[]
}

const { options, devices } = workerData as WorkerData
const codecs = createCodecs(options, new DeviceSettings(devices))
const decoder = new Decoder(codecs, decoderName(codecs, options, devices))

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
