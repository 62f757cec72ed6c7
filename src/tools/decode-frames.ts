/** Decodes frames into blocks the way workers do, in this process. */
import { FRAME, headerOf, QUARANTINED, TRANSPORTS } from '../codecs/frame-record.ts'
import type { Codec } from '../codecs/codec.ts'
import { Batch } from '../net/batch.ts'
import type { KeptFrame } from '../storage/kept-frames.ts'
import { Decoder, type DecodeResult } from '../workers/decode.ts'

export type FrameToDecode = Omit<KeptFrame, 'frameId'> & { quarantined?: boolean }

export class FrameDecoder {
  private readonly decoder: Decoder
  private readonly idOf: Map<string, number>

  constructor(codecs: readonly Codec[]) {
    this.decoder = new Decoder(codecs)
    this.idOf = new Map(codecs.map((codec) => [codec.name, codec.id]))
  }

  /** Blocks of all tables; frames of protocols there is no codec for become rejects. */
  decode(frames: readonly FrameToDecode[]): DecodeResult {
    const headers = frames.map((frame) =>
      headerOf(
        this.idOf.get(frame.protocol) ?? 0,
        Math.max(0, TRANSPORTS.indexOf(frame.transport as (typeof TRANSPORTS)[number])),
        frame.quarantined ? QUARANTINED : 0,
        Buffer.from(frame.device, 'latin1'),
        Buffer.from(frame.remote, 'latin1'),
      ),
    )
    let used = 0
    frames.forEach((frame, index) => (used += headers[index].length + frame.bytes.length))
    const batch = new Batch(new ArrayBuffer(used))
    frames.forEach(({ receivedMs, state, bytes }, index) =>
      batch.append(headers[index], FRAME, 0, receivedMs, state, bytes, 0, bytes.length),
    )
    return this.decoder.decode({ arena: batch.bytes.buffer as ArrayBuffer, used })
  }
}
