/** Where vectors of the specification need an option, mean something under another name, or are contradicted by their page. */
import type { Model } from '../../src/codecs/gt06/options.ts'
import type { Vector } from './vectors.ts'

/** gt06: models of the vectors whose frames need an option; the others are told by their length. */
export const GT06_MODELS: Record<string, Model> = {
  'LW4G-4B': 'lw4g',
  SEEWORLD: 'seeworld',
  R11: 'r11',
  QH302R: 'qh302r',
  VL103: 'vl103',
  TRX16I: 'trx16i',
}

/**
 * cantrack: vectors dated 22-09-02 or 01-01-04. The page's pitfalls call these dates implausible and want no fix and no
 * time of them; the vectors want both. `earliest_year = 2000` does as the vectors say.
 */
export const CANTRACK_IMPLAUSIBLE = new Set(
  ['021', '036', '037', '038', '039', '045'].map((number) => `cantrack-${number}`),
)

/**
 * jt808: what the page refuses. A wrong length is read in 0x0200 and 0x0704 alone, and, in lenient mode, a wrong check
 * byte only where the length fits.
 */
export const JT808_REFUSED: Record<string, string> = { 'jt808-045': 'bad_checksum', 'jt808-059': 'bad_frame' }
/** jt808: its status says that the coordinates are encrypted (bit 5): by the page they make no fix. */
export const JT808_ENCRYPTED_COORDINATES = 'jt808-027'

/** watch: expected times of vectors that the page contradicts: 010120 with V is a clock that is not set. */
export const WATCH_SENT_AT: Record<string, null> = { 'watch-024': null }
/** watch: vectors that leave out the answer the page has for them. */
export const WATCH_ACKS: Record<string, string> = { 'watch-004': '[3G*2104326058*0006*btemp2]' }

/** tk103: `000` and the header means that no IMEI is known. */
const PADDED_IMEI = /^000/
/** tk103: the vectors' names for what the columns say under other names. */
export function tk103Expected({ expect: all }: Vector): Record<string, unknown> {
  const { message_type, cell, odometer_m, frames_hex: _, imei, ...rest } = all
  return {
    ...rest,
    ...(message_type === undefined ? {} : { message: message_type }),
    ...(cell as object | undefined),
    ...(odometer_m === undefined ? {} : { odometer_km: (odometer_m as number) / 1000 }),
    ...(imei === undefined || PADDED_IMEI.test(imei as string) ? {} : { imei }),
  }
}
