/** A tree made slower on purpose, for the proof that the guard sees it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Lets gt06's decode spin a little for each byte: measured, 10 % of a location 0x22, 7 % of mixed frames to 13 % of 0x12. */
export function slowDown(tree: string): void {
  const path = join(tree, 'src/codecs/gt06/index.ts')
  const source = readFileSync(path, 'utf8')
  const slower = source.replace('decode: decoderOf(settings)', 'decode: slowed(decoderOf(settings))')
  if (slower === source) throw new Error(`${path}: there is no decode where it was`)
  writeFileSync(
    path,
    `${slower}
let spun = 1
const slowed =
  (decode: Codec['decode']): Codec['decode'] =>
  (bytes, start, end, context, records) => {
    for (let step = start * SPIN; step < end * SPIN; step += 8) spun = Math.imul(spun ^ step, 31)
    return decode(bytes, start, end, context, records)
  }
const SPIN = 3
`,
  )
}
