/** flextrack: FlexCl, the text protocol of Lommy units over TCP, and the collector for SUT, the binary one over UDP. */
import type { Codec } from '../codec.ts'
import { FROM, scanRawFields, TO } from '../fields.ts'
import { decode } from './decode.ts'
import { textEnd } from './fields.ts'
import { ack, advance, hash, identify, kindOf, split } from './frame.ts'
import { FIELDS, Kind, Logon } from './messages.ts'
import { networkTest } from './networks.ts'
import type { FlextrackOptions } from './options.ts'
import { SIGNATURES } from './signatures.ts'

export { flextrackOptions, type FlextrackOptions } from './options.ts'

export interface FlextrackCodec extends Codec {
  /**
   * True if datagrams from this address that no codec recognises are frames of this protocol all the same: whole, of
   * no known device, and without a reply.
   */
  adopts(ip: string): boolean
}

const ODOMETER_UNIT_KM = { unknown: 0, m: 0.001, '10m': 0.01, '100m': 0.1, km: 1 } as const

export const flextrack = (options: FlextrackOptions): FlextrackCodec => {
  const odometerUnitKm = ODOMETER_UNIT_KM[options.odometer_unit]
  return {
    name: 'flextrack',
    id: 5,
    version: 1,
    oneDevicePerConnection: true,
    signatures: SIGNATURES,
    split,
    identify,
    ack: (bytes, start, end, _receivedMs, reply, at) => ack(bytes, start, end, reply, at),
    advance,
    hash,
    decode: (bytes, start, end, context, records) => decode(bytes, start, end, context, records, odometerUnitKm),
    describeLogin,
    adopts: networkTest(options.sut_networks),
  }
}

/** The ICCID of a LOGON. */
const describeLogin = (bytes: Uint8Array, start: number, end: number): Record<string, unknown> => {
  const to = textEnd(bytes, start, end)
  if (kindOf(bytes, start, to) !== Kind.logon || scanRawFields(bytes, start, to, FIELDS + 1) <= Logon.iccid) return {}
  const iccid = Buffer.from(bytes.slice(FROM[Logon.iccid], TO[Logon.iccid])).toString('latin1')
  return /^[0-9]+$/.test(iccid) ? { iccid } : {}
}
