/**
 * Regular expressions: every one in src is linear in the length of its text, whoever wrote that text, and the code that
 * runs for every frame has none.
 */
import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, type Node } from 'acorn'
import { full } from 'acorn-walk'
import { checkSync } from 'recheck'

const SRC = join(import.meta.dir, '../src')
const files = [...new Bun.Glob('**/*.ts').scanSync(SRC)].toSorted()
const typescript = new Bun.Transpiler({ loader: 'ts' })

interface Found {
  file: string
  source: string
  flags: string
}

/** The regular expressions that a file spells out, and how many it puts together of strings. */
function expressionsOf(file: string): { literals: Found[]; made: number } {
  const tree = parse(typescript.transformSync(readFileSync(join(SRC, file), 'utf8')), {
    ecmaVersion: 'latest',
    sourceType: 'module',
  })
  const literals: Found[] = []
  let made = 0
  full(tree, (node) => {
    const { regex } = node as Node & { regex?: { pattern: string; flags: string } }
    if (node.type === 'Literal' && regex) literals.push({ file, source: regex.pattern, flags: regex.flags })
    const { callee } = node as Node & { callee?: { name?: string } }
    if ((node.type === 'NewExpression' || node.type === 'CallExpression') && callee?.name === 'RegExp') made++
  })
  return { literals, made }
}

const literals = files.flatMap((file) => expressionsOf(file).literals)

test('every regular expression of src is linear, by proof', () => {
  const rows = literals.map(({ file, source, flags }) => {
    const found = checkSync(source, flags)
    return { file, source, complexity: found.status === 'safe' ? found.complexity.type : found.status }
  })
  expect(rows.length).toBeGreaterThan(40)
  expect(rows.filter(({ complexity }) => complexity !== 'linear' && complexity !== 'safe')).toEqual([])
}, 120_000)

test('no regular expression is put together of strings: what cannot be seen cannot be proven', () => {
  expect(files.filter((file) => expressionsOf(file).made > 0)).toEqual([])
})

/** Code in these folders that no frame runs through, and why. */
const OFF_HOT_PATH: readonly (readonly [path: RegExp, why: string])[] = [
  [/\/options\.ts$/, 'checks the configuration, once'],
  [/\/encode\.ts$/, 'builds frames and commands for simulators and tests, and reads replies there'],
  [/\/(commands|write)\.ts$/, 'builds commands and frames to be sent, one at a time'],
  [/^gps103\/sms-text\.ts$/, 'text messages: a few a day'],
  [/^pattern\.ts$/, 'reads the signatures, once'],
  [/^flextrack\/networks\.ts$/, 'reads the configuration, once'],
  [/^flextrack\/index\.ts$/, 'describeLogin, once a session'],
]
/** Folders in which everything may run for every frame. */
const HOT = new Set(['net', 'workers', 'codecs'])

test('no code that runs for a frame has a regular expression', () => {
  const hot = files.filter((file) => HOT.has(file.split('/')[0]))
  const withExpressions = hot.filter((file) => {
    const { literals, made } = expressionsOf(file)
    return literals.length + made > 0
  })
  const excused = (file: string) => OFF_HOT_PATH.some(([path]) => path.test(file.replace('codecs/', '')))
  expect(withExpressions.filter((file) => !excused(file))).toEqual([])
  // An excuse that nobody needs is one too many.
  expect(
    OFF_HOT_PATH.filter(([path]) => !withExpressions.some((file) => path.test(file.replace('codecs/', '')))),
  ).toEqual([])
})

test('the search for regular expressions finds those spelled out and those put together', () => {
  const { literals } = expressionsOf('codecs/flextrack/index.ts')
  expect(literals).toEqual([{ file: 'codecs/flextrack/index.ts', source: '^[0-9]+$', flags: '' }])
  expect(checkSync('^(a+)+$', '').status).toBe('vulnerable')
})
