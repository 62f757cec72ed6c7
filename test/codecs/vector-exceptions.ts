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

/** jt808: what the page refuses with default options, and why; some of it decodes with check = "lenient". */
export const JT808_REFUSED: Record<string, { reject: string; why: string; lenient: boolean }> = {
  'jt808-018': { reject: 'bad_checksum', why: '2.1: wrong check byte, default strict', lenient: true },
  'jt808-045': {
    reject: 'bad_checksum',
    why: '2.1: wrong check byte, and not even lenient: wrong length',
    lenient: false,
  },
  'jt808-057': { reject: 'bad_checksum', why: '2.1: wrong check byte, default strict', lenient: true },
  'jt808-058': { reject: 'bad_checksum', why: '2.1: wrong check byte, default strict', lenient: true },
  'jt808-059': { reject: 'bad_frame', why: '2.2: a wrong length is read in 0x0200 and 0x0704 alone', lenient: false },
}

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
