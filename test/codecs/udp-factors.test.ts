/**
 * How much longer than a frame its reply may be, protocol by protocol: the page docs/protocols/udp-factors.md.
 * `FACTORS=write bun test test/codecs/udp-factors.test.ts` writes it anew.
 */
import { expect, test } from 'bun:test'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { session, take } from '../../src/codecs/walk.ts'
import { buildCorpus, FIXTURES, RECEIVED_MS, type Piece } from '../fuzz/corpus.ts'

const PAGE = join(import.meta.dir, '../../docs/protocols/udp-factors.md')
/** Every reply that can be switched on. */
const TALKATIVE = {
  gt06: { address_reply: true, rfid_confirm: true },
  ais140: { ack_locations: true },
  gps103: { reply_terminator: '\r\n' },
  tk103: { documented_replies: true, comma_reply: 'ok' },
  cantrack: { acknowledge_all: true },
}
const codecs = createCodecs(codecOptions.parse(TALKATIVE))
const corpus = buildCorpus(codecs, [FIXTURES])

/** The largest reply to a message in relation to its frame. */
interface Factor {
  frameBytes: number
  ackBytes: number
}
const factorOf = ({ frameBytes, ackBytes }: Factor) => ackBytes / frameBytes
const larger = (one: Factor | undefined, two: Factor) => (one && factorOf(one) >= factorOf(two) ? one : two)

interface Line {
  protocol: string
  message: string
  before?: Factor
  after?: Factor
}

function linesOf(protocol: string): Line[] {
  const codec = codecs.find(({ name }) => name === protocol)!
  const streams = corpus.streams.get(protocol)!
  const lines = new Map<string, Line>()
  const note = ({ bytes }: Piece, into: ReturnType<typeof session>, when: 'before' | 'after') => {
    const { ack, device, rows } = take(codec, bytes, into, RECEIVED_MS)
    if (device === '' || ack.length === 0) return
    const message = (rows[0]?.message as string | undefined) ?? 'login'
    const line = lines.get(message) ?? { protocol, message }
    lines.set(message, { ...line, [when]: larger(line[when], { frameBytes: bytes.length, ackBytes: ack.length }) })
  }
  for (const piece of [...streams.flat(), ...corpus.frames.get(protocol)!]) {
    note(piece, session(), 'before')
    const known = session()
    take(codec, streams[0][0].bytes, known, RECEIVED_MS)
    note(piece, known, 'after')
  }
  return [...lines.values()].toSorted((a, b) => (a.message < b.message ? -1 : 1))
}

const lines = codecs.flatMap(({ name }) => linesOf(name))

test('udp factors: docs/protocols/udp-factors.md says what fixtures and simulated trackers are answered', () => {
  const said = (factor: Factor | undefined) => {
    if (factor === undefined) return ''
    const text = `${factor.ackBytes} / ${factor.frameBytes} = ${factorOf(factor).toFixed(2)}`
    return text
  }
  const page = [
    '# How long replies are',
    '',
    'Made by `FACTORS=write bun test test/codecs/udp-factors.test.ts` from the frames in `fixtures/` and of the simulated trackers, with',
    'every reply that is an option switched on: bytes of the reply / bytes of the frame, where that is largest. Messages that are not',
    'answered are left out, and those whose text no word describes.',
    '',
    'The first column is the message as the first datagram of a UDP peer. What exceeds 1 there is withheld: the gateway answers a',
    'peer that it did not know before with at most as many bytes as it got (`waygate_withheld_replies_total`). The second is the',
    'message in a session whose device is known.',
    '',
    '| protocol | message | first datagram | device known |',
    '| --- | --- | --- | --- |',
    ...lines.map(({ protocol, message, before, after }) => {
      const withheld = before && factorOf(before) > 1 ? ', withheld' : ''
      return `| ${protocol} | ${message || '(none)'} | ${said(before)}${withheld} | ${said(after)} |`
    }),
    '',
  ].join('\n')
  if (process.env.FACTORS === 'write') writeFileSync(PAGE, page)
  expect(existsSync(PAGE) ? withoutPadding(readFileSync(PAGE, 'utf8')) : '').toBe(withoutPadding(page))
})

test('udp factors: the logins of simulated trackers are answered at once, but for an INIT of a watch', () => {
  const withheld = codecs.flatMap((codec) => {
    const [login] = corpus.streams.get(codec.name)![0]
    const { ack } = take(codec, login.bytes, session(), RECEIVED_MS)
    return ack.length > login.bytes.length ? [`${codec.name}: ${ack.length} bytes for ${login.bytes.length}`] : []
  })
  // Its answer repeats the whole header and adds a word; the watch asks again, and is known by then.
  expect(withheld).toEqual(['watch: 37 bytes for 35'])
})

/** The formatter pads tables; what they say is the same. */
const withoutPadding = (page: string) => page.replaceAll(/ +/g, ' ').replaceAll(/-+/g, '-').trim()
