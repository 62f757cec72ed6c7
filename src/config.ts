/**
 * The configuration: config.toml, overridden by environment variables WAYGATE_<TABLE>_<KEY>, checked as a whole. Every
 * error is reported with its key, the value found and what is expected.
 */
import { availableParallelism } from 'node:os'
import { parse as parseToml, type TomlError } from 'smol-toml'
import { z } from 'zod'
import { codecOptions } from './codecs/registry.ts'
import { UNKNOWN_POLICIES } from './devices/device-list.ts'
import { expectation } from './expectation.ts'
import { SMS_PROVIDERS } from './sms/presets.ts'

const port = z.int().min(0).max(65535)
const positive = z.int().positive()
/** A journal holds at least so many batches. */
const JOURNAL_BATCHES_MIN = 16

const schema = z.strictObject({
  gateway: table({
    id: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{0,64}$/, 'at most 64 letters, digits and _ . -')
      .default(''),
    host: z.string().min(1).default('0.0.0.0'),
    port: port.default(8888),
    tcp: z.boolean().default(true),
    udp: z.boolean().default(true),
    listeners: z.int().min(1).max(64).default(1),
  }),
  limits: table({
    connections: positive.default(50_000),
    connections_per_ip: positive.default(20_000),
    idle_timeout_s: positive.default(1800),
    login_timeout_s: positive.default(30),
    frame_bytes: z.int().min(40_960).max(1_048_576).default(65_536),
  }),
  journal: table({
    path: z.string().min(1).default('data/journal'),
    ack: z.enum(['durable', 'received']).default('durable'),
    max_bytes: z.int().min(16_777_216).default(10_737_418_240),
    commit_ms: z.number().min(0).max(1000).default(2),
  }),
  workers: table({
    threads: z.int().min(0).max(256).default(0),
    batch_bytes: z.int().min(262_144).max(67_108_864).default(1_048_576),
    batch_ms: z.int().min(1).max(10_000).default(100),
  }),
  clickhouse: table({
    url: z
      .string()
      .refine(
        (url) => url === '' || /^https?:\/\/./.test(url),
        'an http:// or https:// URL, or empty for the embedded one',
      )
      .default(''),
    username: z.string().default('default'),
    password: z.string().default(''),
    database: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a plain database name')
      .default('waygate'),
    cluster: z
      .string()
      .regex(/^[A-Za-z0-9_.-]*$/, "the cluster's name in the servers' configuration, or nothing")
      .default(''),
    insert_quorum: z.int().min(0).max(100).default(0),
    insert_rows: z.int().min(1).max(500_000).default(150_000),
    insert_ms: z.int().min(10).max(60_000).default(500),
  }),
  embedded: table({
    path: z
      .string()
      .regex(/^[^*?{}]+$/, 'a path without * ? { }, which ClickHouse takes for patterns')
      .default('data/clickhouse'),
    host: z.string().min(1).default('127.0.0.1'),
    port: port.default(8123),
    password: z.string().default(''),
  }),
  http: table({
    host: z.string().min(1).default('127.0.0.1'),
    port: port.default(9090),
  }),
  devices: table({
    file: z
      .string()
      .regex(/^$|\.(csv|toml)$/i, 'a path that ends with .csv or .toml, or nothing')
      .default(''),
    unknown: z.enum(UNKNOWN_POLICIES).default('accept'),
  }),
  sms: table({
    provider: z.enum(SMS_PROVIDERS).default(''),
    secret: z.string().default(''),
    twilio_auth_token: z.string().default(''),
    public_url: z
      .string()
      .regex(/^$|^https?:\/\/./, 'an http:// or https:// URL, or nothing')
      .default(''),
    from_field: z.string().default(''),
    text_field: z.string().default(''),
    time_field: z.string().default(''),
  }),
  codecs: codecOptions.prefault({}),
})

function table<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape).prefault({} as never)
}

export type Config = z.infer<typeof schema>

/** One thing wrong with the configuration. */
export interface ConfigError {
  key: string
  found: string
  expected: string
}

export type ConfigResult = { config: Config; errors: [] } | { config: null; errors: ConfigError[] }

/** Reads `text` (the content of config.toml) and the environment. */
export function readConfig(text: string, environment: Record<string, string | undefined> = {}): ConfigResult {
  let tables: Record<string, unknown>
  try {
    tables = parseToml(text)
  } catch (error) {
    return {
      config: null,
      errors: [
        {
          key: `(line ${(error as TomlError).line})`,
          found: (error as Error).message.split('\n')[0],
          expected: 'TOML',
        },
      ],
    }
  }
  const errors = override(tables, environment)
  const parsed = schema.safeParse(tables)
  if (!parsed.success) for (const issue of parsed.error.issues) errors.push(...describe(issue, tables))
  errors.push(...contradictions(rightParts(tables)))
  if (errors.length > 0) return { config: null, errors }
  const config = parsed.data as Config
  if (config.workers.threads === 0) {
    const cores = Math.floor(availableParallelism() / config.gateway.listeners)
    config.workers.threads = Math.max(1, cores - 1)
  }
  return { config, errors: [] }
}

/** The tables that are right by themselves, with the defaults of the others: what can be said although some are wrong. */
function rightParts(tables: Record<string, unknown>): Config {
  const parts = Object.entries(schema.shape).map(([name, part]) => {
    const parsed = part.safeParse(tables[name])
    return [name, parsed.success ? parsed.data : part.parse({})]
  })
  return Object.fromEntries(parts) as Config
}

/** What no single key can be blamed for. */
function contradictions(config: Config): ConfigError[] {
  const found: ConfigError[] = []
  if (!config.gateway.tcp && !config.gateway.udp)
    found.push({
      key: 'gateway.tcp, gateway.udp',
      found: 'false, false',
      expected: 'at least one true, else no tracker can connect',
    })
  if (config.clickhouse.url === '' && !isLoopback(config.embedded.host) && config.embedded.password === '')
    found.push({
      key: 'embedded.password',
      found: '(empty)',
      expected: `a password, because embedded.host = "${config.embedded.host}" lets other machines read`,
    })
  const { listeners } = config.gateway
  if (!config.gateway.tcp && listeners > 1)
    found.push({
      key: 'gateway.listeners',
      found: String(listeners),
      expected: '1 without gateway.tcp: UDP always has one listener',
    })
  const journalBytesMin = JOURNAL_BATCHES_MIN * config.workers.batch_bytes * listeners
  if (config.journal.max_bytes < journalBytesMin)
    found.push({
      key: 'journal.max_bytes',
      found: String(config.journal.max_bytes),
      expected: `at least ${JOURNAL_BATCHES_MIN} times workers.batch_bytes${listeners > 1 ? ' for each of gateway.listeners' : ''} (${journalBytesMin})`,
    })
  if (config.workers.batch_bytes < 2 * config.limits.frame_bytes)
    found.push({
      key: 'workers.batch_bytes',
      found: String(config.workers.batch_bytes),
      expected: `at least twice limits.frame_bytes (${2 * config.limits.frame_bytes})`,
    })
  if (config.clickhouse.url === '' && config.clickhouse.cluster !== '')
    found.push({
      key: 'clickhouse.url',
      found: '(empty)',
      expected: `the URL of a server of the cluster "${config.clickhouse.cluster}": the embedded one has no cluster`,
    })
  if (config.clickhouse.cluster === '' && config.clickhouse.insert_quorum > 0)
    found.push({
      key: 'clickhouse.insert_quorum',
      found: String(config.clickhouse.insert_quorum),
      expected: '0 without clickhouse.cluster: a single server has no replicas',
    })
  if (config.devices.file === '' && config.devices.unknown !== 'accept')
    found.push({
      key: 'devices.file',
      found: '(empty)',
      expected: `a file of devices, because devices.unknown = "${config.devices.unknown}" keeps out all that are not listed`,
    })
  found.push(...smsContradictions(config.sms))
  return found
}

/** A webhook that anybody could call would let anybody move any device. */
function smsContradictions(sms: Config['sms']): ConfigError[] {
  if (sms.provider === '') return []
  const found: ConfigError[] = []
  const need = (key: keyof Config['sms'], why: string) => {
    if (sms[key] === '') found.push({ key: `sms.${key}`, found: '(empty)', expected: why })
  }
  if (sms.secret === '' && sms.provider !== 'twilio')
    need('secret', 'a secret, which the provider sends in the URL as ?secret=… or as "Authorization: Bearer …"')
  if (sms.secret === '' && sms.provider === 'twilio')
    need('twilio_auth_token', "the account's auth token, which proves that a request is Twilio's; or sms.secret")
  if (sms.twilio_auth_token !== '') need('public_url', 'the URL that Twilio calls, which its signature covers')
  if (sms.provider === 'custom') {
    need('from_field', "the field with the sender's number")
    need('text_field', 'the field with the text')
  }
  return found
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

const PREFIX = 'WAYGATE_'

/** Puts WAYGATE_<TABLE>_<KEY> into the tables, as the type the key has. Names that fit no key are errors. */
function override(tables: Record<string, unknown>, environment: Record<string, string | undefined>): ConfigError[] {
  const errors: ConfigError[] = []
  const paths = environmentNames()
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || text === undefined) continue
    const target = paths.get(name)
    if (!target) {
      errors.push({ key: name, found: text, expected: 'WAYGATE_<TABLE>_<KEY> of a key in config.toml' })
      continue
    }
    let at = tables
    for (const part of target.path.slice(0, -1)) {
      if (typeof at[part] !== 'object' || at[part] === null) at[part] = {}
      at = at[part] as Record<string, unknown>
    }
    at[target.path.at(-1)!] = typed(text, target.sample)
  }
  return errors
}

function environmentNames(): Map<string, { path: string[]; sample: unknown }> {
  const names = new Map<string, { path: string[]; sample: unknown }>()
  const walk = (at: object, path: string[]) => {
    for (const [key, value] of Object.entries(at)) {
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) walk(value, [...path, key])
      else names.set(PREFIX + [...path, key].join('_').toUpperCase(), { path: [...path, key], sample: value })
    }
  }
  walk(schema.parse({}), [])
  return names
}

function typed(text: string, sample: unknown): unknown {
  if (typeof sample === 'number' && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  if (typeof sample === 'boolean' && /^(true|false)$/.test(text)) return text === 'true'
  return text
}

function describe(issue: z.core.$ZodIssue, tables: Record<string, unknown>): ConfigError[] {
  const key = issue.path.join('.')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((name) => ({
      key: [...issue.path, name].join('.'),
      found: show(valueAt(tables, [...issue.path, name])),
      expected: 'no such key; see config.toml for those there are',
    }))
  return [{ key, found: show(valueAt(tables, issue.path)), expected: expectation(issue) }]
}

function valueAt(tables: unknown, path: readonly PropertyKey[]): unknown {
  let at = tables
  for (const part of path)
    at = typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[part] : undefined
  return at
}

function show(value: unknown): string {
  return value === undefined ? '(nothing)' : (JSON.stringify(value) ?? String(value))
}
