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

  /** The same by the number an SMS came from; an unlisted number is its own identity. */
  admitNumber(number: string): Admission {
    const digits = digitsOf(number)
    const device = this.byNumber.get(digits)
    return device ? { id: device.id, verdict: 'accept' } : { id: digits, verdict: this.unknown }
  }

  isListedNumber(number: string): boolean {
    return this.byNumber.has(digitsOf(number))
  }

  /** The device that frames kept under this identity or number belong to. */
  owner(claimed: string): Device | undefined {
    return this.byIdentity.get(claimed) ?? this.byNumber.get(claimed)
  }

  /** What codecs must know of single devices. */
  get options(): DeviceOptions[] {
    return this.devices.map(({ id, form, timezoneMinutes }) => ({
      id,
      ...(form === '' ? {} : { form }),
      ...(timezoneMinutes === null ? {} : { timezoneMinutes }),
    }))
  }
}
