import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../src/config.ts'
import { ofListener } from '../src/listeners/listener-config.ts'

const CONFIG_TOML = readFileSync(join(import.meta.dir, '../config.toml'), 'utf8')
const keysOf = (text: string, environment = {}) => readConfig(text, environment).errors.map((error) => error.key)

test('config: config.toml lists every key with its default', () => {
  const fromFile = Bun.TOML.parse(CONFIG_TOML)
  const { config } = readConfig('')
  const defaults = structuredClone(config!) as unknown as Record<string, Record<string, unknown>>
  defaults.workers.threads = 0 // stands for the machine's cores
  expect(fromFile).toEqual(defaults)
})

test('config: every error is reported at once, with key, value found and what is expected', () => {
  const { config, errors } = readConfig(
    '[gateway]\nport = 99999\ntcp = "yes"\n[journal]\nack = "soon"\nmax_bytes = 5\n[nonsense]\na = 1\n[http]\nprot = 1',
  )
  expect(config).toBeNull()
  expect(errors).toContainEqual({ key: 'gateway.port', found: '99999', expected: 'at most 65535' })
  expect(errors).toContainEqual({ key: 'gateway.tcp', found: '"yes"', expected: 'a boolean' })
  expect(errors).toContainEqual({ key: 'journal.ack', found: '"soon"', expected: 'one of "durable", "received"' })
  expect(errors).toContainEqual({ key: 'journal.max_bytes', found: '5', expected: 'at least 16777216' })
  expect(errors.map((error) => error.key)).toEqual(expect.arrayContaining(['nonsense', 'http.prot']))
  expect(errors.length).toBe(6)
})

test('config: a syntax error is one error that says where', () => {
  const { errors } = readConfig('[gateway\nport = 1')
  expect(errors.length).toBe(1)
  expect(errors[0]!.expected).toBe('TOML')
})

test('config: environment variables override keys, as the type the key has', () => {
  const { config } = readConfig('[gateway]\nport = 1000', {
    WAYGATE_GATEWAY_PORT: '2000',
    WAYGATE_GATEWAY_UDP: 'false',
    WAYGATE_CODECS_GT06_STRICT_CRC: 'true',
    WAYGATE_JOURNAL_COMMIT_MS: '0.5',
    PATH: '/bin',
  })
  expect(config!.gateway.port).toBe(2000)
  expect(config!.gateway.udp).toBe(false)
  expect(config!.codecs.gt06.strict_crc).toBe(true)
  expect(config!.journal.commit_ms).toBe(0.5)
})

test('config: a misspelt or malformed environment variable is an error', () => {
  expect(keysOf('', { WAYGATE_GATEWAY_PROT: '1' })).toEqual(['WAYGATE_GATEWAY_PROT'])
  expect(keysOf('', { WAYGATE_GATEWAY_PORT: 'many' })).toEqual(['gateway.port'])
})

test('config: an embedded ClickHouse that other machines reach needs a password', () => {
  expect(keysOf('[embedded]\nhost = "0.0.0.0"')).toEqual(['embedded.password'])
  expect(keysOf('[embedded]\nhost = "0.0.0.0"\npassword = "x"')).toEqual([])
  expect(keysOf('[embedded]\nhost = "127.0.0.2"')).toEqual([])
})

test('config: what contradicts itself is reported beside what is wrong elsewhere', () => {
  expect(keysOf('[gateway]\nport = -1\n[limits]\nframe_bytes = 1048576')).toEqual([
    'gateway.port',
    'workers.batch_bytes',
  ])
})

test('config: a gateway that listens to nothing is an error', () => {
  expect(keysOf('[gateway]\ntcp = false\nudp = false')).toEqual(['gateway.tcp, gateway.udp'])
})

test('config: listeners share the TCP port, the limit on the journal, and the cores', () => {
  expect(keysOf('[gateway]\nlisteners = 0')).toEqual(['gateway.listeners'])
  expect(keysOf('[gateway]\nlisteners = 65')).toEqual(['gateway.listeners'])
  expect(keysOf('[gateway]\nlisteners = 2\ntcp = false')).toEqual(['gateway.listeners'])
  expect(keysOf('[gateway]\nlisteners = 2\n[journal]\nmax_bytes = 16777216')).toEqual(['journal.max_bytes'])
  expect(keysOf('[gateway]\nlisteners = 2\n[journal]\nmax_bytes = 33554432')).toEqual([])
  const { config } = readConfig('[gateway]\nid = "pune"\nlisteners = 4\n[journal]\npath = "j"\nmax_bytes = 400000000')
  expect(config!.workers.threads).toBe(Math.max(1, Math.floor(availableParallelism() / 4) - 1))
  expect(ofListener(config!, 0)).toMatchObject({
    gateway: { id: 'pune', tcp: true, udp: true },
    journal: { path: 'j', max_bytes: 100_000_000 },
  })
  expect(ofListener(config!, 3)).toMatchObject({
    gateway: { id: 'pune-3', tcp: true, udp: false },
    journal: { path: 'j/listener-3', max_bytes: 100_000_000 },
  })
  expect(ofListener(config!, 4).gateway).toMatchObject({ tcp: false, udp: false })
})
