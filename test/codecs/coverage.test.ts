/**
 * What the fixtures really yield, protocol by protocol: the page docs/protocols/coverage.md.
 * `COVERAGE=write bun test test/codecs/coverage.test.ts` writes it anew.
 */
import { expect, test } from 'bun:test'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { session, takeAll } from './harness.ts'
import { readVectors, vectorBytes } from './vectors.ts'

const ROOT = join(import.meta.dir, '../..')
const PAGE = join(ROOT, 'docs/protocols/coverage.md')
const codecs = createCodecs(codecOptions.parse({}))
const protocols = codecs.map((codec) => codec.name)
const vectorsOf = (protocol: string) => readVectors(join(ROOT, 'fixtures', `${protocol}.jsonl`))

test('coverage: docs/protocols/coverage.md says what the fixtures yield', () => {
  const columns = new Map<string, Set<string>>()
  const alarms = new Map<string, Set<string>>()
  const add = (map: Map<string, Set<string>>, key: string, protocol: string) =>
    map.set(key, (map.get(key) ?? new Set()).add(protocol))
  for (const protocol of protocols) {
    const codec = codecs.find((candidate) => candidate.name === protocol)!
    for (const vector of vectorsOf(protocol)) {
      const receivedMs =
        vector.received_at === undefined ? Date.parse('2026-03-14T10:00:00Z') : Date.parse(vector.received_at)
      for (const { rows } of takeAll(codec, vectorBytes(vector), session('123456789012345'), receivedMs))
        for (const { table: _, attributes: __, alarms: names, message: ___, ...said } of rows) {
          for (const [column, value] of Object.entries(said))
            if (value !== null && value !== 0 && value !== false) add(columns, column, protocol)
          for (const name of names as string[]) add(alarms, name, protocol)
        }
    }
  }
  const page = [
    '# What each protocol yields',
    '',
    'Made by `COVERAGE=write bun test test/codecs/coverage.test.ts` from the frames in `fixtures/`: a mark stands where at least one',
    'frame of the protocol fills the column (with something other than zero and false), or raises the alarm.',
    '',
    ...matrix('column', columns),
    '',
    ...matrix('alarm', alarms),
    '',
  ].join('\n')
  if (process.env.COVERAGE === 'write') writeFileSync(PAGE, page)
  expect(existsSync(PAGE) ? withoutPadding(readFileSync(PAGE, 'utf8')) : '').toBe(withoutPadding(page))
})

function matrix(head: string, marks: Map<string, Set<string>>): string[] {
  return [
    `| ${head} | ${protocols.join(' | ')} |`,
    `| --- |${protocols.map(() => ' --- |').join('')}`,
    ...[...marks.keys()]
      .toSorted()
      .map(
        (key) => `| ${key} | ${protocols.map((protocol) => (marks.get(key)!.has(protocol) ? '●' : ' ')).join(' | ')} |`,
      ),
  ]
}

/** The formatter pads tables; what they say is the same. */
const withoutPadding = (page: string) => page.replaceAll(/ +/g, ' ').replaceAll(/-+/g, '-').trim()
