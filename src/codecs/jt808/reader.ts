/** What reads bodies, and parts of them. */
import type { FrameContext } from '../codec.ts'
import type { Records } from '../records.ts'
import type { Settings } from './settings.ts'

/** Fills the open row from b[at, end). */
export type Reader = (
  records: Records,
  row: number,
  b: Uint8Array,
  at: number,
  end: number,
  context: FrameContext,
  settings: Settings,
) => void
