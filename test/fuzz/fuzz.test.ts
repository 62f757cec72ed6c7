/** A few seconds of fuzzing with a fixed seed, and proof that the fuzzer sees what it looks for. */
import { expect, test } from 'bun:test'
import type { Codec } from '../../src/codecs/codec.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { runCampaign } from './campaign.ts'
import { buildCorpus, FIXTURES } from './corpus.ts'
import { ENVELOPES } from './envelopes.ts'
import { Gauntlet } from './gauntlet.ts'
import { minimise, violationOf } from './minimise.ts'
import { makeMutant, type Mutant } from './mutants.ts'

const SEED = 20_260_314
const MUTANTS = 10_000,
  SECONDS_MAX = 20
const codecs = createCodecs(codecOptions.parse({}))
const corpus = buildCorpus(codecs, [FIXTURES])

test(`fuzz: no mutant of seed ${SEED} breaks a rule`, async () => {
  const result = await runCampaign({
    seed: SEED,
    from: 0,
    mutants: MUTANTS,
    seconds: SECONDS_MAX,
    threads: 1,
    frames: [FIXTURES],
  })
  const { mutants, seconds, slowestDecodeMs, failures } = result
  console.log(
    `fuzz: seed ${SEED}, ${mutants} mutants in ${seconds.toFixed(1)} s, slowest decode ${slowestDecodeMs.toFixed(2)} ms`,
  )
  expect(failures).toEqual([])
  expect(mutants).toBeGreaterThan(1000)
  expect(result.rows).toBeGreaterThan(mutants)
}, 120_000)

/** Mutants that broke a rule once, made small: protocol, what it was, datagrams in hex. */
const FOUND: readonly (readonly [protocol: string, what: string, ...datagrams: string[]])[] = [
  [
    'ais140',
    'a cell of -1',
    '4e524d38363931373030333132333435363730314c313134303332363037343530393031382e3532303433304e3037332e38353637343445343034323278314632413030303034363044303035342e30303133372e323031313031323231314d',
  ],
  ['atrack', 'HDOP below 0', Buffer.from('@P,1361,9,1,1,0,,,1,2,,,,-2,,,,,,,,').toString('hex')],
  ['atrack', 'an odometer below 0', Buffer.from('@P,227B,9,3,3,3,,,,,,,-5,,,,,,,,,').toString('hex')],
  [
    'atrack',
    'an attribute twice',
    '4050657300552523000310c83713f8c05a88b43e5a88b43f5a88b43f021e0ad5fffdc0a800f3020003059100080000000000000007d007d046554c533a463d3230393120743d3137204e3230393120743d3137204e3d3039303100',
  ],
  [
    'watch',
    'more satellites than the column holds',
    Buffer.from('[3G*80015*00a4*UD_,,,A,1,S,7,W,,,,1000,,,,,]').toString('hex'),
  ],
  ['gps103', 'an odometer below 0', Buffer.from('imei:8,OBD,,-1').toString('hex')],
  ['gps103', 'a course that becomes 360 in its column', Buffer.from('imei:1,,,,F,,,6,,5,,,359.99999').toString('hex')],
  [
    'cantrack',
    'an attribute twice',
    Buffer.from('*HQ,4,V,A,,N,,E,,,0,,5,FFFFBBFF,460,0,8,4,860012345678901234#').toString('hex'),
  ],
  ['cantrack', 'an area code beyond its column', Buffer.from('*hq,3,VP1,V,460,0,9999998014,#').toString('hex')],
  [
    'tk103',
    'an area code beyond its column',
    Buffer.from('(312345678900BP05864893031234567{0,0,4294967296,1})').toString('hex'),
  ],
  [
    'atrack',
    'two values without a name, beyond their columns',
    '40502c393339372c392c322c392c352c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c25434925252547512543452525252525252c2c2c39343132342c2d352c2c2c2c2c2c',
  ],
  [
    'atrack',
    'a search that summed up 8 KB at every fifth byte',
    Buffer.from(`@P,9C55,24577,6,${'8606,'.repeat(4800)}`).toString('hex'),
  ],
]

for (const [protocol, what, ...datagrams] of FOUND)
  test(`fuzz: ${protocol}, found once and repaired: ${what}`, () => {
    const gauntlet = new Gauntlet(corpus)
    const pieces = datagrams.map((hex) => ({
      protocol,
      bytes: Uint8Array.from(Buffer.from(hex, 'hex')),
      intact: false,
      own: '',
      device: '',
      fixes: [],
    }))
    for (const transport of ['tcp', 'udp'] as const)
      for (const strict of [false, true])
        // Twice, since what a codec remembers of the frame before must not matter.
        for (let time = 0; time < 2; time++) gauntlet.run({ pieces, transport, cuts: [], strict })
    gauntlet.finish()
  })

test('fuzz: a frame torn off at any byte takes nothing of the frame behind it, which is of another device', () => {
  const gauntlet = new Gauntlet(corpus)
  for (const protocol of corpus.protocols)
    for (const other of corpus.protocols) {
      const [, torn] = corpus.streams.get(protocol)![0]
      const [login, whole] = corpus.streams.get(other)![1]
      for (let cut = 1; cut < torn.bytes.length; cut += protocol === other ? 1 : 5) {
        const pieces = [
          { ...torn, bytes: torn.bytes.slice(0, cut), intact: false, fixes: [] },
          { ...login, joined: true },
          { ...whole, joined: true },
        ]
        for (const transport of ['tcp', 'udp'] as const) gauntlet.run({ pieces, transport, cuts: [], strict: false })
      }
    }
}, 60_000)

test('fuzz: seed and number make the same mutant again', () => {
  const again = buildCorpus(codecs, [FIXTURES])
  for (let number = 0; number < 200; number++)
    expect(makeMutant(corpus, SEED, number)).toEqual(makeMutant(again, SEED, number))
})

test('fuzz: an envelope put around its own content gives the same frame', () => {
  for (const [protocol, { unwrap, wrap, checksumHolds }] of Object.entries(ENVELOPES)) {
    let same = 0
    for (const { bytes } of [...corpus.streams.get(protocol)!.flat(), ...corpus.frames.get(protocol)!]) {
      const content = unwrap(bytes)
      if (content === null) continue
      const wrapped = wrap(bytes, content)
      expect(checksumHolds(wrapped)).toBe(true)
      if (Buffer.compare(wrapped, bytes) === 0) same++
    }
    expect([protocol, same > 50]).toEqual([protocol, true])
  }
})

/** Codecs with one fault, the rule that must find it, and a byte of the frame that sets it off. */
const FAULTS: readonly (readonly [rule: string, change: (codec: Codec) => Partial<Codec>])[] = [
  ['exception', () => ({ hash: () => { throw new Error('a fault') } })], // prettier-ignore
  [
    'reads outside',
    (codec) => ({ ack: (bytes, start, end, ...rest) => codec.ack(bytes, start, end, ...rest) + (bytes[end] & 1) }),
  ],
  ['split', () => ({ split: () => 0 })],
  ['split', () => ({ split: (_bytes, start, end) => end - start + 1 })],
  ['identify', () => ({ identify: () => 25 })],
  [
    'slow',
    () => ({
      decode: () => {
        for (const until = performance.now() + 6; performance.now() < until;);
        return 0
      },
    }),
  ],
  [
    'row',
    (codec) => ({
      decode: (bytes, start, end, context, records) => {
        const count = codec.decode(bytes, start, end, context, records)
        for (let row = 0; row < records.rows; row++) records.courseDeg[row] = 360
        return count
      },
    }),
  ],
  ['decode', (codec) => ({ decode: (...args) => codec.decode(...args) + 1 })],
  [
    'wrong device',
    (codec) => ({
      identify: (bytes, start, end, id, state) => {
        const length = codec.identify(bytes, start, end, id, state)
        if (length > 0) id.set(Buffer.from('860000000000702').subarray(0, length))
        return length > 0 ? 15 : length
      },
    }),
  ],
  [
    'wrong checksum',
    (codec) => ({
      decode: (bytes, start, end, context, records) => {
        const count = codec.decode(bytes, start, end, context, records)
        if (count !== -8) return count
        records.begin(Buffer.from('believed'))
        records.end()
        return 1
      },
    }),
  ],
]

for (const [index, [rule, change]] of FAULTS.entries())
  test(`fuzz: fault ${index + 1} is found, by the rule "${rule}", and made small`, () => {
    const gauntlet = new Gauntlet(corpus, (codec) => (codec.name === 'jt808' ? { ...codec, ...change(codec) } : codec))
    const run = (mutant: Mutant) => gauntlet.run(mutant)
    for (let number = 0; number < 5000; number++) {
      const mutant = makeMutant(corpus, SEED, number)
      const found = violationOf(run, mutant)
      if (found === null) continue
      expect(found.rule).toBe(rule)
      const small = minimise(run, mutant, rule)
      expect(violationOf(run, small)?.rule).toBe(rule)
      expect(bytesOf(small)).toBeLessThanOrEqual(bytesOf(mutant))
      return
    }
    throw new Error('not found')
  })

const bytesOf = ({ pieces }: Mutant) => pieces.reduce((sum, { bytes }) => sum + bytes.length, 0)
