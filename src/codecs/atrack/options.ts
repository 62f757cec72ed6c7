/** What an operator can choose: the table `[codecs.atrack]` of the configuration. */
import { z } from 'zod'
import { ALARM_NAMES } from '../alarms.ts'

const FORM_CODES = /^(%[A-Z]{2}[0-9]{0,2})*$/
const FORM = z.string().max(500).regex(FORM_CODES, 'codes of AT$FORM, like "%SA%MV%BV"')

/** `name=value, name=value` */
const listOf = (name: RegExp, isValue: (value: string) => boolean, message: string) => {
  const isItem = (item: string) => item.includes('=')
  return z
    .string()
    .refine(
      (list) =>
        list.trim() === '' ||
        (list.split(',').every(isItem) && itemsOf(list).every(([key, value]) => name.test(key) && isValue(value))),
      message,
    )
}

/** The items of a list that has passed its check. */
export const itemsOf = (list: string): [name: string, value: string][] => {
  if (list.trim() === '') return []
  return list.split(',').map((item) => {
    const equals = item.indexOf('=')
    return [item.slice(0, equals).trim(), item.slice(equals + 1).trim()]
  })
}
const ALARMS: ReadonlySet<string> = new Set(ALARM_NAMES.slice(1))

export const atrackOptions = z.strictObject({
  crc: z
    .enum(['warn', 'strict'])
    .default('warn')
    .describe(
      'A wrong checksum: "warn" keeps the frame, marked, if its prefix is @ and a letter and its records make sense; "strict" refuses it, without ack.',
    ),
  form: FORM.default('').describe(
    'Custom fields (AT$FORM, fourth parameter) of units whose records do not say them with %CI, unless the device file has a form for the unit. Empty, as the AL7 is usually set up: none.',
  ),
  form_extra: FORM.default('').describe(
    'Codes of the lists AT$FMSC and AT$1708: their values follow those of the form, and %CI does not show them.',
  ),
  reports: listOf(
    /^(1[0-9][0-9]|2[0-4][0-9]|25[0-5])$/,
    (meaning) => /^[a-z][a-z0-9_]*$/.test(meaning),
    'report ids from 100 to 255 with a meaning each, "101=ignition_on, 104=overspeed"',
  )
    .default('101=ignition_on, 102=ignition_off')
    .describe(
      'What user reports (AT$REPT) mean: an alarm, or a word for the attribute `events`. ignition_on and ignition_off count only while input 0 agrees.',
    ),
  inputs: listOf(/^[1-7]$/, (alarm) => ALARMS.has(alarm), 'inputs from 1 to 7 with an alarm each, "1=sos, 2=door"')
    .default('')
    .describe('Alarms of inputs that go on.'),
  immobiliser_output: z
    .int()
    .min(0)
    .max(8)
    .default(1)
    .describe('Output whose changes are engine_cut and engine_restored, counted from 1; 0: none.'),
  fuel_sensor: z
    .enum(['hex', 'decimal'])
    .default('hex')
    .describe('How fuel sensors on the serial port (FULS:) write their numbers.'),
})
export type AtrackOptions = z.infer<typeof atrackOptions>
