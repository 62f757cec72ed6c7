/** From a text message to a frame: whose it is, and which codec reads it. */
import { NO, STATE_WORDS, YES, type Codec } from '../codecs/codec.ts'
import { SMS } from '../codecs/frame-record.ts'
import { Reject } from '../codecs/rejects.ts'
import type { DeviceList } from '../devices/device-list.ts'
import type { FrameOfNoSocket } from '../net/net.ts'
import type { SmsMessage } from './webhook.ts'

export interface SmsTo {
  takeSms(frame: FrameOfNoSocket): void
  rejectSms(remote: string, reason: number, bytes: Uint8Array, receivedMs: number): void
  durable(): Promise<void>
}

const utf8 = new TextEncoder()

/** Takes a message; resolves when it is on disk, as a frame or as a reject. */
export async function receiveSms(
  message: SmsMessage,
  codecs: readonly Codec[],
  devices: DeviceList,
  to: SmsTo,
): Promise<void> {
  const { from, receivedMs } = message
  const bytes = utf8.encode(message.text)
  const { id, verdict } = devices.admitNumber(from)
  const codec = codecOf(bytes, codecs, devices.isListedNumber(from))
  if (verdict === 'reject') to.rejectSms(from, Reject.unknown_device, bytes, receivedMs)
  else if (codec === undefined) to.rejectSms(from, Reject.unknown_protocol, bytes, receivedMs)
  else
    to.takeSms({
      codec: codec.id,
      transport: SMS,
      quarantined: verdict === 'quarantine',
      device: id,
      remote: from,
      receivedMs,
      state: new Int32Array(STATE_WORDS),
      bytes,
    })
  await to.durable()
}

/** The codec that knows such texts; of a listed number also one that may: what else should its tracker say? */
function codecOf(bytes: Uint8Array, codecs: readonly Codec[], listed: boolean): Codec | undefined {
  let possible: Codec | undefined
  for (const codec of codecs) {
    const verdict = codec.recogniseSms?.(bytes, 0, bytes.length) ?? NO
    if (verdict === YES) return codec
    if (verdict !== NO) possible ??= codec
  }
  return listed ? possible : undefined
}
