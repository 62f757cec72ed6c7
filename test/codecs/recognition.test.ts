/** Recognition: the rows of all codecs, the table they become, and what it says of every frame there is. */
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import fc from 'fast-check'
import { MAYBE, NO, YES } from '../../src/codecs/codec.ts'
import { parsePattern, THROUGH } from '../../src/codecs/pattern.ts'
import {
  NOT_A_TRACKER,
  OTHER_CLIENTS,
  recognise,
  recogniseAs,
  recogniseOther,
  recogniserOf,
  UNDECIDED,
  UNKNOWN_PROTOCOL,
} from '../../src/codecs/recognise.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { compileSignatures, type Signature } from '../../src/codecs/signatures.ts'
import { bytesOfHex, bytesOfText, hexOf, recogniseAs as recogniseAlone, textOf } from './harness.ts'
import { holdsFrame, readVectors, specificationVectors, vectorBytes } from './vectors.ts'

/** Longer prefixes of long frames say nothing new. */
const PREFIX_MAX = 256
const codecs = createCodecs(codecOptions.parse({}))
const recogniser = recogniserOf(codecs)
const rows = codecs.flatMap((codec) => codec.signatures.map((signature) => ({ codec, signature })))
const frames = codecs.map((codec) => {
  const own = readVectors(join(import.meta.dir, '../../fixtures', `${codec.name}.jsonl`))
  return [...own, ...specificationVectors(codec.name).filter(holdsFrame)].map(vectorBytes)
})
/** Lengths of the prefixes that are looked at: all, and of a long frame the first ones and the whole. */
function prefixesOf(bytes: Uint8Array): number[] {
  const lengths = Array.from({ length: Math.min(bytes.length, PREFIX_MAX) + 1 }, (_, length) => length)
  return bytes.length > PREFIX_MAX ? [...lengths, bytes.length] : lengths
}

describe('recognition: the frames of every protocol', () => {
  test('the confusion matrix, every frame against every recogniser over every prefix, has no wrong verdict', () => {
    const matrix = codecs.map(() => codecs.map(() => [0, 0, 0]))
    const wrong: string[] = []
    codecs.forEach((codec, own) => {
      for (const bytes of frames[own])
        codecs.forEach((other, index) => {
          let verdict = MAYBE
          for (const length of prefixesOf(bytes)) {
            verdict = recogniseAs(recogniser, index, bytes, 0, length)
            if (verdict === (index === own ? NO : YES))
              wrong.push(`${other.name} says ${verdict} to ${hexOf(bytes.subarray(0, length))} of ${codec.name}`)
          }
          matrix[own][index][verdict]++
        })
    })
    console.log('frames of the row, recogniser of the column: certain / possible / no')
    console.table(
      Object.fromEntries(
        codecs.map(({ name }, own) => [
          name,
          Object.fromEntries(
            codecs.map((other, index) => [other.name, matrix[own][index].toReversed().join(' / ')] as const),
          ),
        ]),
      ),
    )
    expect(wrong).toEqual([])
  })

  test('the first decision over the prefixes is the right one, and the earliest of a certain row', () => {
    const bytesNeeded = codecs.map(() => [Infinity, 0])
    codecs.forEach((codec, own) => {
      for (const bytes of frames[own]) {
        const decided = prefixesOf(bytes).find((length) => recognise(recogniser, bytes, 0, length, false) !== UNDECIDED)
        const said = recognise(recogniser, bytes, 0, decided ?? bytes.length, decided === undefined)
        expect([hexOf(bytes), codecs[said]?.name]).toEqual([hexOf(bytes), codec.name])
        const certain = prefixesOf(bytes).find((length) => recogniseAs(recogniser, own, bytes, 0, length) === YES)
        expect([hexOf(bytes), decided]).toEqual([hexOf(bytes), certain])
        if (decided === undefined) continue
        bytesNeeded[own][0] = Math.min(bytesNeeded[own][0], decided)
        bytesNeeded[own][1] = Math.max(bytesNeeded[own][1], decided)
      }
    })
    console.log('bytes until it is certain, fewest and most:')
    console.table(Object.fromEntries(codecs.map(({ name }, own) => [name, bytesNeeded[own]])))
  })

  test('every row is what decides some frame', () => {
    const idle = rows.filter(({ codec, signature }) => {
      const alone = compileSignatures([[signature]])
      return !frames[codecs.indexOf(codec)].some((bytes) => recogniseAs(alone, 0, bytes, 0, bytes.length) !== NO)
    })
    expect(idle.map(({ codec, signature }) => `${codec.name}: ${signature.name}`)).toEqual([])
  })
})

/** Frames of all protocols, some of them damaged, and noise. */
const anyBytes = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...frames.flat()),
      fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 3 }),
      fc.uint8Array({ maxLength: 8 }),
    )
    .map(([frame, flips, tail]) => {
      const bytes = Uint8Array.from([...frame.subarray(0, PREFIX_MAX), ...tail])
      for (const [at, value] of flips) bytes[at % bytes.length] = value
      return bytes
    }),
  fc.uint8Array({ maxLength: 80 }),
  fc.stringMatching(/^[-$*@#()[\]+,;:0-9A-Za-z\r\n]{0,60}$/).map(bytesOfText),
)

describe('recognition: any bytes', () => {
  test('a verdict stays: once YES or NO, every longer prefix says the same', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        codecs.forEach((_, index) => {
          let settled = MAYBE
          for (let length = 0; length <= bytes.length; length++) {
            const verdict = recogniseAs(recogniser, index, bytes, 0, length)
            if (settled !== MAYBE) expect(verdict).toBe(settled)
            settled = verdict
          }
        })
      }),
      { numRuns: 3000 },
    )
  })

  test('a decision stays, so that it does not matter how a stream was cut', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        let decided = UNDECIDED
        for (let length = 0; length <= bytes.length; length++) {
          const verdict = recognise(recogniser, bytes, 0, length, false)
          if (decided !== UNDECIDED) expect(verdict).toBe(decided)
          decided = verdict
        }
        if (decided !== UNDECIDED) expect(recognise(recogniser, bytes, 0, bytes.length, true)).toBe(decided)
      }),
      { numRuns: 3000 },
    )
  })

  test('the order of the codecs does not matter', () => {
    const turned = codecs.toReversed()
    const other = recogniserOf(turned)
    const name = (list: typeof codecs, verdict: number) => list[verdict]?.name ?? verdict
    fc.assert(
      fc.property(anyBytes, fc.boolean(), (bytes, final) => {
        const verdict = recognise(recogniser, bytes, 0, bytes.length, final)
        expect(name(turned, recognise(other, bytes, 0, bytes.length, final))).toBe(name(codecs, verdict))
      }),
      { numRuns: 3000 },
    )
  })

  test('another protocol is seen exactly where it is certain and the own one is out of the question', () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(codecs.length - 1), (bytes, own) => {
        const verdict = recognise(recogniser, bytes, 0, bytes.length, false)
        const isOther = verdict >= 0 && verdict !== own && recogniseAs(recogniser, own, bytes, 0, bytes.length) === NO
        const said = recogniseOther(recogniser, own, bytes, 0, bytes.length)
        expect(said >= 0 ? said : UNKNOWN_PROTOCOL).toBe(isOther ? verdict : UNKNOWN_PROTOCOL)
      }),
      { numRuns: 5000 },
    )
  })

  test('a codec says of its own table what it says of the table of all', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        codecs.forEach((codec, index) => {
          const within = Uint8Array.from([0xa5, ...bytes, 0xa5])
          expect(recogniseAs(recogniser, index, within, 1, within.length - 1)).toBe(
            recogniseAlone(codec, bytes, 0, bytes.length),
          )
        })
      }),
      { numRuns: 2000 },
    )
  })

  test('the table agrees with the regular expressions that the rows are', () => {
    const witnesses = rows.map(({ codec, signature }) => ({
      owner: codecs.indexOf(codec),
      signature,
      pattern: new RegExp(`^(?:${signature.pattern})`),
      unless: signature.unless === undefined ? null : new RegExp(`^(?:${signature.unless})`),
    }))
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const text = textOf(bytes)
        codecs.forEach((_, owner) => {
          let want = NO
          for (const row of witnesses) {
            if (row.owner !== owner || !row.pattern.test(text) || row.unless?.test(text)) continue
            want = Math.max(want, row.signature.confirm?.(bytes, 0, bytes.length) ?? row.signature.verdict)
          }
          const verdict = recogniseAs(recogniser, owner, bytes, 0, bytes.length)
          // Patterns that more bytes may still satisfy, or refute, are MAYBE, which a regular expression cannot say.
          if (verdict === YES) expect(want).toBe(YES)
          if (verdict === NO) expect(want).toBe(NO)
        })
      }),
      { numRuns: 3000 },
    )
  })
})

describe('recognition: who is no tracker, and who is nobody', () => {
  test('TLS, HTTP and SSH are named at the byte that makes them certain', () => {
    for (const text of ['\x16\x03', 'GET ', 'POST ', 'PUT ', 'HEAD ', 'OPTIONS ', 'CONNECT ', 'SSH-']) {
      for (let length = 0; length < text.length; length++)
        expect([text, length, recognise(recogniser, bytesOfText(text), 0, length, false)]).toEqual([
          text,
          length,
          UNDECIDED,
        ])
      expect([text, recognise(recogniser, bytesOfText(text), 0, text.length, false)]).toEqual([text, NOT_A_TRACKER])
    }
  })

  test('nobody is recognised as soon as no row can be satisfied', () => {
    for (const [text, bytes] of [
      ['\0', 1],
      ['864893031234567,', 16],
      ['[3G*12345*00G', 13],
      // An installer may have chosen any two bytes as ATrack's prefix: the first byte of the length tells.
      ['imex:', 5],
      ['(0;;;', 5],
    ] as const)
      for (let length = 0; length <= text.length; length++)
        expect([text, length, recognise(recogniser, bytesOfText(text), 0, length, false)]).toEqual([
          text,
          length,
          length < bytes ? UNDECIDED : UNKNOWN_PROTOCOL,
        ])
  })

  test('what was cut off within its opening is nobody, not even at the end', () => {
    for (const hex of ['7878', '7e0200', '2a48512c', '2830'])
      expect([hex, recognise(recogniser, bytesOfHex(hex), 0, hex.length / 2, true)]).toEqual([hex, UNKNOWN_PROTOCOL])
  })

  test('a merely possible codec, alone, is taken at the end and not before', () => {
    const heartbeat = bytesOfText('864893031234567')
    expect(recognise(recogniser, heartbeat, 0, heartbeat.length, false)).toBe(UNDECIDED)
    expect(codecs[recognise(recogniser, heartbeat, 0, heartbeat.length, true)].name).toBe('gps103')
    // A FlexCl index may have ten digits.
    expect(recognise(recogniser, heartbeat, 0, 10, true)).toBe(UNKNOWN_PROTOCOL)
  })
})

describe('signatures', () => {
  const row = (pattern: string, more: Partial<Signature> = {}): Signature => ({
    name: pattern,
    pattern,
    minBytes: parsePattern(pattern).minBytes,
    verdict: YES,
    ...more,
  })
  const decide = (owners: Signature[][], text: string, final = false) =>
    recognise(recogniserOf(owners.map((signatures) => ({ signatures }))), bytesOfText(text), 0, text.length, final)

  test('two owners certain at one byte are refused, with the rows and the bytes', () => {
    expect(() => compileSignatures([[row('ab?c')], [row('a[^]c')]])).toThrow(
      'signatures are certain at the same byte of 616263: one of ab?c, a[^]c',
    )
    expect(() => compileSignatures([[row('ab')], [row('abc')]])).not.toThrow()
  })

  test('the first byte that makes one certain decides, whoever else may become it', () => {
    const owners = [[row('abcd')], [row('a[^]c')], [row('ab')]]
    expect([decide(owners, 'a'), decide(owners, 'ab'), decide(owners, 'abcd'), decide(owners, 'axc')]).toEqual([
      UNDECIDED,
      2,
      2,
      1,
    ])
  })

  test('a row waits until what it must not be is out of the question', () => {
    const owners = [[row('ab', { unless: 'abXG' })]]
    expect(['ab', 'abX', 'abXG', 'abXg', 'abc'].map((text) => decide(owners, text))).toEqual([
      UNDECIDED,
      UNDECIDED,
      UNKNOWN_PROTOCOL,
      0,
      0,
    ])
  })

  test('a confirmation is asked when no pattern can decide any more; two that say YES are nobody', () => {
    const proof = (verdict: number) => row('ab', { confirm: () => verdict })
    expect(decide([[proof(YES)], [row('abc')]], 'ab')).toBe(UNDECIDED)
    expect(decide([[proof(YES)], [row('abc')]], 'abc')).toBe(1)
    expect(decide([[proof(YES)], [row('abc')]], 'abd')).toBe(0)
    expect(decide([[proof(YES)], [proof(MAYBE)]], 'ab')).toBe(UNDECIDED)
    expect(decide([[proof(YES)], [proof(MAYBE)]], 'ab', true)).toBe(0)
    expect(decide([[proof(YES)], [proof(NO)]], 'ab')).toBe(0)
    expect(decide([[proof(YES)], [proof(YES)]], 'ab')).toBe(UNKNOWN_PROTOCOL)
    expect(decide([[proof(NO)], [proof(NO)]], 'ab')).toBe(UNKNOWN_PROTOCOL)
  })

  test('a wrong number of bytes is refused', () => {
    expect(() => compileSignatures([[row('ab', { minBytes: 3 })]])).toThrow('takes 2 bytes at least')
  })

  test('names within a codec differ, and other clients never depend on more bytes than their pattern', () => {
    for (const codec of codecs)
      expect(new Set(codec.signatures.map(({ name }) => name)).size).toBe(codec.signatures.length)
    for (const { verdict, confirm } of OTHER_CLIENTS) expect([verdict, confirm]).toEqual([YES, undefined])
  })
})

describe('pattern', () => {
  const satisfied = (source: string, text: string) => {
    const { places, first } = parsePattern(source)
    let at = first
    for (const byte of bytesOfText(text)) {
      at = at
        .filter((place) => place !== THROUGH && places[place].takes[byte] === 1)
        .flatMap((place) => places[place].next)
      if (at.includes(THROUGH)) return true
    }
    return false
  }

  test('takes what the same regular expression takes', () => {
    const sources = [
      'a[^b-d]?c',
      String.raw`(?:ab|a\d{2,3})-`,
      String.raw`[-\d]{1,2}\x2c`,
      'a{2}(?:b|c?d)e',
      '[^]b',
      String.raw`[\]\\]\$`,
    ]
    for (const source of sources)
      fc.assert(
        fc.property(fc.stringMatching(/^[-abcde0-9,\]\\$]{0,8}$/), (text) => {
          expect([source, text, satisfied(source, text)]).toEqual([
            source,
            text,
            new RegExp(`^(?:${source})`).test(text),
          ])
        }),
        { numRuns: 2000 },
      )
  })

  test('says where a pattern is wrong', () => {
    for (const source of [
      'a*',
      'a+',
      '.',
      'a{1,}',
      '(a)',
      'a)',
      '(?:a',
      '[a',
      String.raw`\w`,
      String.raw`\x0G`,
      '^a',
      'a$',
    ])
      expect(() => parsePattern(source)).toThrow(`pattern ${source}, at `)
  })
})
