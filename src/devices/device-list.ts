/** The devices an operator has listed, by what they call themselves, and what becomes of one that is not listed. */
import type { DeviceOptions } from '../codecs/device-settings.ts'
import { digitsOf, type Device } from './device-file.ts'

/** `[devices] unknown`. */
export const UNKNOWN_POLICIES = ['accept', 'quarantine', 'reject'] as const
export type UnknownPolicy = (typeof UNKNOWN_POLICIES)[number]

/** What to do with the frames of a device. */
export interface Admission {
  /** The identity to store them under. */
  id: string
  verdict: UnknownPolicy
}

/** Digits of a phone number with its country code, ITU-T E.164. */
const NUMBER_DIGITS_MAX = 15

export class DeviceList {
  private readonly byIdentity = new Map<string, Device>()
  private readonly byNumber = new Map<string, Device>()

  constructor(
    readonly devices: readonly Device[],
    private readonly unknown: UnknownPolicy,
  ) {
    for (const device of devices) {
      for (const id of [device.id, ...device.aliases]) this.byIdentity.set(id, device)
      if (device.smsNumber !== '') this.byNumber.set(device.smsNumber, device)
    }
  }

  /** Who a tracker that calls itself `claimed` is, and whether it may. */
  admit(claimed: string): Admission {
    const device = this.byIdentity.get(claimed)
    return device ? { id: device.id, verdict: 'accept' } : { id: claimed, verdict: this.unknown }
  }

  /**
   * The same by the number an SMS came from. An unlisted number is an identity of its own, with a plus before it, so that
   * it is never that of a tracker; a sender without a number is nobody.
   */
  admitNumber(number: string): Admission {
    const digits = digitsOf(number)
    const device = this.byNumber.get(digits)
    if (device) return { id: device.id, verdict: 'accept' }
    const isNumber = /^[+0-9 ()./-]+$/.test(number) && digits.length > 0 && digits.length <= NUMBER_DIGITS_MAX
    return { id: isNumber ? `+${digits}` : '', verdict: isNumber ? this.unknown : 'reject' }
  }

  isListedNumber(number: string): boolean {
    return this.byNumber.has(digitsOf(number))
  }

  /** The device that frames kept under this identity belong to. */
  owner(identity: string): Device | undefined {
    return identity.startsWith('+') ? this.byNumber.get(identity.slice(1)) : this.byIdentity.get(identity)
  }

  /** What codecs must know of single devices: of those that have something of their own. */
  get options(): DeviceOptions[] {
    const options: DeviceOptions[] = []
    for (const { id, form, timezoneMinutes } of this.devices) {
      const own: DeviceOptions = { id }
      if (form !== '') own.form = form
      if (timezoneMinutes !== null) own.timezoneMinutes = timezoneMinutes
      if (Object.keys(own).length > 1) options.push(own)
    }
    return options
  }
}
