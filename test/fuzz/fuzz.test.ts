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
