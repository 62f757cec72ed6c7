/**
 * POST /sms: what an SMS provider calls for each message it received. It is answered when the message is on disk; any
 * other answer than 200 makes providers call again.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Config } from '../config.ts'
import { BODY, SMS_PRESETS, type SmsFields } from './presets.ts'

export type SmsOptions = Config['sms']

/** One text message. */
export interface SmsMessage {
  from: string
  text: string
  /** When the provider, or else the gateway, received it. */
  receivedMs: number
}

/** Takes a message; resolves when it is on disk. */
export type TakeSms = (message: SmsMessage) => Promise<void>

/** An SMS has at most 255 parts of 153 characters, and no tracker sends one of more than a few. */
const TEXT_BYTES_MAX = 8192
/** With room for what else a provider says. */
export const SMS_BODY_BYTES_MAX = 65_536
/** A provider's time that lies further back is not believed; nor is one in the future. */
const LATE_MS_MAX = 7 * 86_400_000
const NUMBER_MAX = 32

/** Handles one request. `ready` is false while nothing may be taken. */
export async function smsWebhook(
  request: Request,
  options: SmsOptions,
  ready: boolean,
  take: TakeSms,
  nowMs = Date.now(),
): Promise<Response> {
  if (options.provider === '') return answer(404, 'off: see [sms] in config.toml')
  if (request.method !== 'POST') return answer(405, 'POST only')
  const body = Buffer.from(await request.arrayBuffer())
  if (body.length > SMS_BODY_BYTES_MAX) return answer(413, 'longer than any SMS')
  const sent = readFields(request, body)
  if (sent === null) return answer(400, 'the body is neither a form nor JSON nor text in a character set we know')
  if (!isAllowed(request, sent, options)) return answer(403, 'wrong secret or signature')
  const fields = fieldsOf(options)
  const from = sent.of(fields.from).trim()
  const text = sent.of(fields.text)
  if (from === '' || from.length > NUMBER_MAX) return answer(422, `no sender in "${fields.from}"`)
  if (Buffer.byteLength(text) > TEXT_BYTES_MAX) return answer(413, 'longer than any SMS')
  if (text === '') return answer(422, `no text in "${fields.text}"`)
  if (!ready) return answer(503, 'the journal is full: call again')
  await take({ from, text, receivedMs: timeOf(sent.of(fields.time), nowMs) })
  // Twilio reads what it should reply from the answer, Kannel too: nothing.
  return options.provider === 'twilio'
    ? new Response('<Response/>', { headers: { 'Content-Type': 'text/xml' } })
    : new Response('')
}

function answer(status: number, text: string): Response {
  return new Response(`${text}\n`, { status })
}

function fieldsOf(options: SmsOptions): SmsFields {
  const preset = SMS_PRESETS[options.provider]
  return {
    from: options.from_field || preset.from,
    text: options.text_field || preset.text,
    time: options.time_field || preset.time,
  }
}

/** What a request says. */
interface Sent {
  /** Fields of the body, in the order they came. */
  body: [name: string, value: string][]
  /** A field by name, wherever it is; '' if nowhere. */
  of(name: string): string
}

function readFields(request: Request, body: Buffer): Sent | null {
  const [type, ...parameters] = (request.headers.get('content-type') ?? '').toLowerCase().split(';')
  const text = decoded(body, parameters)
  if (text === null) return null
  let json: unknown
  let form: URLSearchParams | null = null
  if (type.trim() === 'application/json') {
    try {
      json = JSON.parse(text)
    } catch {
      return null
    }
  } else if (type.trim() === 'application/x-www-form-urlencoded') form = new URLSearchParams(text)
  else if (type.trim() !== 'text/plain' && type.trim() !== '') return null
  const query = new URL(request.url).searchParams
  return {
    body: form ? [...form] : [],
    of: (name) => {
      if (name === '') return ''
      if (name === BODY) return text
      return form?.get(name) ?? valueAt(json, name) ?? query.get(name) ?? headerOf(request, name) ?? ''
    },
  }
}

/** The body in the character set it names, UTF-8 if none; null if nobody knows that one. */
function decoded(body: Buffer, parameters: readonly string[]): string | null {
  const named = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='))
  try {
    return new TextDecoder((named?.slice('charset='.length).replaceAll('"', '') ?? 'utf-8') as Bun.Encoding).decode(
      body,
    )
  } catch {
    return null
  }
}

/** Names of fields need not be such as headers have. */
function headerOf(request: Request, name: string): string | null {
  return /^[a-z0-9-]+$/.test(name) ? request.headers.get(name) : null
}

/** A value of a JSON body; dots lead into objects and lists. */
function valueAt(json: unknown, path: string): string | null {
  let at = json
  for (const part of path.split('.'))
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined
  return typeof at === 'string' || typeof at === 'number' ? String(at) : null
}

/** Every proof that is configured has to be there. */
function isAllowed(request: Request, sent: Sent, options: SmsOptions): boolean {
  if (options.twilio_auth_token !== '') {
    const given = request.headers.get('x-twilio-signature') ?? ''
    if (!same(given, twilioSignature(sent.body, options))) return false
    if (options.secret === '') return true
  }
  if (options.secret !== '') {
    const bearer = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
    const given = bearer ?? new URL(request.url).searchParams.get('secret') ?? ''
    return same(given, options.secret)
  }
  return false
}

/** Source: Twilio, "Validating requests": the URL, then the names and values of the form in order of names. */
function twilioSignature(form: readonly [string, string][], options: SmsOptions): string {
  const sorted = form.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  const signed = options.public_url + sorted.map(([name, value]) => name + value).join('')
  return createHmac('sha1', options.twilio_auth_token).update(signed).digest('base64')
}

function same(given: string, expected: string): boolean {
  const a = createHmac('sha256', 'length').update(given).digest()
  const b = createHmac('sha256', 'length').update(expected).digest()
  return timingSafeEqual(a, b)
}

/** The provider's time, in seconds or milliseconds since 1970 or as a date in UTC; `nowMs` where it is not plausible. */
function timeOf(text: string, nowMs: number): number {
  let ms: number
  if (/^\d+$/.test(text)) ms = text.length > 10 ? Number(text) : Number(text) * 1000
  else if (/(Z|[+-]\d{2}:?\d{2})$/i.test(text)) ms = Date.parse(text)
  else ms = Date.parse(`${text.replace(' ', 'T')}Z`)
  return ms <= nowMs && ms > nowMs - LATE_MS_MAX ? ms : nowMs
}
