/**
 * The device file: which trackers an operator knows, as CSV with a header line or as TOML with a `[[device]]` each. It is
 * read as a whole: either every line is right, or nothing of it is used and each error is told with its line.
 */
import { parse } from 'csv-parse/sync'
import { parse as parseToml, type TomlError } from 'smol-toml'
import { z } from 'zod'
import { DEVICE_ID_MAX } from '../codecs/codec.ts'
import { expectation } from '../expectation.ts'

/** One tracker as the operator describes it. */
export interface Device {
  /** As in `device_id`: the IMEI, or the maker's own id. */
  id: string
  name: string
  account: string
  model: string
  /** Number of its SIM card, with country code; '' if it sends no SMS. */
  smsNumber: string
  /** Other identities it calls itself by: a tk103 that says its phone number. */
  aliases: readonly string[]
  /** Custom fields (AT$FORM) of an ATrack unit; '' for those of the configuration. */
  form: string
  /** Zone of its clock, minutes east of UTC; null for that of the configuration. */
  timezoneMinutes: number | null
}

export interface FileError {
  /** From 1; 0 where it concerns the whole file. */
  line: number
  text: string
}

export type DeviceFile = { devices: Device[]; errors: [] } | { devices: null; errors: FileError[] }

const identity = z
  .string()
  .regex(/^[0-9A-Za-z._-]+$/, 'letters, digits and . _ - only')
  .max(DEVICE_ID_MAX)
const MINUTES_MAX = 14 * 60

const row = z.strictObject({
  id: identity,
  name: z.string().default(''),
  account: z.string().default(''),
  model: z.string().default(''),
  sms_number: z
    .string()
    .regex(/^(\+?[0-9 ]+)?$/, 'digits, with the country code')
    .refine((text) => text === '' || digitsOf(text) !== '', 'a number with its country code')
    .default(''),
  alias: z
    .string()
    .default('')
    .transform((text) => text.split(/[ ;]+/).filter(Boolean))
    .pipe(z.array(identity)),
  form: z
    .string()
    .regex(/^(%[A-Z]{2}[0-9]{0,2})*$/, 'codes of AT$FORM, like %SA%MV')
    .default(''),
  timezone_minutes: z
    .union([
      z.literal('').transform(() => null),
      z.coerce.number<string | number>().int().min(-MINUTES_MAX).max(MINUTES_MAX),
    ])
    .default(null),
})

/** The columns of a CSV file, and keys of a `[[device]]`. */
export const DEVICE_KEYS: readonly string[] = Object.keys(row.shape)

/** Reads the content of a device file; `path` says by its ending which kind it is. */
export function readDeviceFile(path: string, text: string): DeviceFile {
  const errors: FileError[] = []
  const rows = path.toLowerCase().endsWith('.toml') ? tomlRows(text, errors) : csvRows(text, errors)
  const devices: Device[] = []
  for (const { line, fields } of rows) {
    const parsed = row.safeParse(fields)
    if (parsed.success) devices.push(deviceOf(parsed.data))
    else for (const issue of parsed.error.issues) errors.push({ line, text: describe(issue, fields) })
  }
  if (errors.length === 0) errors.push(...ambiguities(devices, rows))
  return errors.length > 0
    ? { devices: null, errors: errors.toSorted((a, b) => a.line - b.line) }
    : { devices, errors: [] }
}

interface FileRow {
  line: number
  fields: Record<string, unknown>
}

function csvRows(text: string, errors: FileError[]): FileRow[] {
  if (text.trim() === '') {
    errors.push({ line: 0, text: `it is empty; its first line names the columns: ${DEVICE_KEYS.join(',')}` })
    return []
  }
  try {
    const records = parse(text, {
      bom: true,
      columns: (header: string[]) => {
        const names = header.map((name) => name.trim().toLowerCase())
        const twice = names.filter((name, at) => names.indexOf(name) !== at)
        if (twice.length > 0) throw new Error(`"${twice.join('", "')}": this column is there twice`)
        const strange = names.filter((name) => !DEVICE_KEYS.includes(name))
        if (strange.length > 0) throw new Error(noSuchColumn(strange))
        return names
      },
      comment: '#',
      comment_no_infix: true,
      skip_empty_lines: true,
      trim: true,
      info: true,
    }) as unknown as { record: Record<string, string>; info: { lines: number } }[]
    return records.map(({ record, info }) => ({ line: info.lines, fields: record }))
  } catch (error) {
    const { message, lines } = error as Error & { lines?: number }
    errors.push({ line: lines ?? 1, text: message })
    return []
  }
}

function tomlRows(text: string, errors: FileError[]): FileRow[] {
  let tables: Record<string, unknown>
  try {
    tables = parseToml(text)
  } catch (error) {
    const { line, message } = error as TomlError
    errors.push({ line, text: message.split('\n')[0] })
    return []
  }
  for (const key of Object.keys(tables))
    if (key !== 'device')
      errors.push({ line: 0, text: `"${key}" is no table of a device file: it has [[device]] only` })
  const devices = tables.device
  if (!Array.isArray(devices) || !devices.every((each) => typeof each === 'object' && !(each instanceof Date))) {
    errors.push({ line: 0, text: 'devices are written [[device]], once for each; device = [] if there are none' })
    return []
  }
  const heads = text
    .split('\n')
    .flatMap((line, index) => (line.trim().replaceAll(' ', '').startsWith('[[device]]') ? [index + 1] : []))
  return devices.map((fields: Record<string, unknown>, index) => {
    // TOML may write numbers as numbers, and aliases as a list.
    const alias = Array.isArray(fields.alias) ? fields.alias.join(' ') : fields.alias
    return { line: heads[index] ?? 0, fields: 'alias' in fields ? { ...fields, alias } : fields }
  })
}

function deviceOf(fields: z.infer<typeof row>): Device {
  return {
    id: fields.id,
    name: fields.name,
    account: fields.account,
    model: fields.model,
    smsNumber: digitsOf(fields.sms_number),
    aliases: fields.alias,
    form: fields.form,
    timezoneMinutes: fields.timezone_minutes,
  }
}

/** A phone number as its digits, without the signs and zeros of international prefixes. */
export function digitsOf(number: string): string {
  return number.replaceAll(/[^0-9]/g, '').replace(/^0+/, '')
}

function describe(issue: z.core.$ZodIssue, fields: Record<string, unknown>): string {
  if (issue.code === 'unrecognized_keys') return noSuchColumn(issue.keys)
  const key = String(issue.path[0])
  const found = fields[key]
  return found === undefined
    ? `${key} is missing`
    : `${key}: found ${JSON.stringify(found)}, expected ${expectation(issue)}`
}

function noSuchColumn(names: readonly string[]): string {
  return `${names.map((name) => `"${name}"`).join(', ')}: no such column; there are ${DEVICE_KEYS.join(', ')}`
}

/** One identity or number must mean one device. */
function ambiguities(devices: readonly Device[], rows: readonly FileRow[]): FileError[] {
  const errors: FileError[] = []
  const taken = new Map<string, number>()
  const claim = (kind: string, text: string, line: number) => {
    const before = taken.get(`${kind} ${text}`)
    if (before === undefined) taken.set(`${kind} ${text}`, line)
    else errors.push({ line, text: `${kind} ${text} is that of the device on line ${before} already` })
  }
  devices.forEach((device, index) => {
    const { line } = rows[index]
    for (const id of [device.id, ...device.aliases]) claim('identity', id, line)
    if (device.smsNumber !== '') claim('sms_number', device.smsNumber, line)
  })
  return errors
}
