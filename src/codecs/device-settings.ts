/**
 * What the device file says of single devices and their codec must know. Codecs get it with their options and look a
 * device up by the bytes of its id: open addressing over typed arrays, no string on the way.
 */
import { hashBytes, hashStart } from './hash.ts'

/** One device's own options; what is left out holds as for all others. */
export interface DeviceOptions {
  /** As in `device_id`. */
  id: string
  /** Custom fields (AT$FORM) of an ATrack unit, like "%SA%MV". */
  form?: string
  /** Zone of its clock, minutes east of UTC. */
  timezoneMinutes?: number
}

const ascii = new TextEncoder()
const EMPTY = -1

export class DeviceSettings {
  /** In ASCII, by index of `find`. */
  readonly ids: readonly Uint8Array[]
  /** By index of `find`; empty where the file does not say. */
  readonly form: readonly Uint8Array[]
  /** By index of `find`; NaN where the file does not say. */
  readonly timezoneMinutes: Float64Array
  /** Index by hash of the id, EMPTY for none; its length is a power of two, at least twice the number of devices. */
  private readonly slots: Int32Array
  private readonly hash = new Uint32Array(2)

  constructor(devices: readonly DeviceOptions[]) {
    // Most devices have no options of their own.
    const own = devices.filter(({ form, timezoneMinutes }) => form !== undefined || timezoneMinutes !== undefined)
    this.ids = own.map(({ id }) => ascii.encode(id))
    this.form = own.map(({ form }) => ascii.encode(form ?? ''))
    this.timezoneMinutes = Float64Array.from(own, ({ timezoneMinutes }) => timezoneMinutes ?? NaN)
    let size = 1
    while (size < 2 * own.length) size *= 2
    this.slots = new Int32Array(own.length > 0 ? size : 0).fill(EMPTY)
    this.ids.forEach((id, index) => {
      let slot = this.slotOf(id, 0, id.length)
      while (this.slots[slot] !== EMPTY) slot = (slot + 1) & (size - 1)
      this.slots[slot] = index
    })
  }

  /** Index of the device whose id is `bytes[start, end)`; -1 if it has no options of its own. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const { slots } = this
    if (slots.length === 0) return -1
    for (let slot = this.slotOf(bytes, start, end); ; slot = (slot + 1) & (slots.length - 1)) {
      const index = slots[slot]
      if (index === EMPTY || this.isId(index, bytes, start, end)) return index
    }
  }

  private slotOf(bytes: Uint8Array, start: number, end: number): number {
    hashStart(this.hash)
    hashBytes(bytes, start, end, this.hash)
    return this.hash[0] & (this.slots.length - 1)
  }

  private isId(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const id = this.ids[index]
    if (id.length !== end - start) return false
    for (let at = 0; at < id.length; at++) if (bytes[start + at] !== id[at]) return false
    return true
  }
}

/** No device has options of its own. */
export const NO_DEVICES = new DeviceSettings([])
