/** What the readers of additional items share. A reader says whether it has understood; if not, the item is kept raw. */
import { u16, u32 } from '../../bytes.ts'
import type { Records } from '../../records.ts'
import { name, sayFixed, sayHex, sayText, type Name } from '../say.ts'

/** Reads the item's value, b[at, at + length), into the open record; false if it is not of the layout known. */
export type Item = (records: Records, row: number, b: Uint8Array, at: number, length: number) => boolean
export type Items = Readonly<Record<number, Item>>

/** Of the record whose items are read. */
export const Reading = {
  /** Profile `personal`. */
  personal: false,
  /** A unit of Jimi's. */
  jimi: false,
  /** What item 12 has said: 1 into an area, -1 out of it, 0 nothing. */
  inside: 0,
}

const RAW: readonly Name[] = Array.from({ length: 256 }, (_, id) => name(`item_${id.toString(16).padStart(2, '0')}`))

/** Keeps bytes of an item nobody understands: makers reuse the ids with layouts of their own. */
export const raw = (records: Records, id: number, b: Uint8Array, at: number, length: number): void => {
  sayHex(records, RAW[id], b, at, at + length)
}

/** An item that is one whole number: `bytes` long, an attribute of `decimals` places. */
export const number = (bytes: 1 | 2 | 4, what: string, decimals = 0): Item => {
  const into = name(what)
  return (records, _row, b, at, length) => {
    if (length !== bytes) return false
    sayFixed(records, into, bytes === 1 ? b[at] : bytes === 2 ? u16(b, at) : u32(b, at), decimals)
    return true
  }
}

/** An item that is text, whatever its length. */
export const text = (what: string): Item => {
  const into = name(what)
  return (records, _row, b, at, length) => {
    sayText(records, into, b, at, at + length)
    return true
  }
}

/** Names that several families say. */
export const ICCID = name('iccid'),
  ARMED = name('armed'),
  SIGNAL = name('signal'),
  HUMIDITY = name('humidity')
