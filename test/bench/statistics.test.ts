/** The guard's statistics, against counts by hand, printed tables and brute force. */
import { expect, test } from 'bun:test'
import { believable, chanceOfAtMost, median, middleOf, spreadPct } from '../../bench/statistics.ts'
import { Random } from '../../src/simulator/random.ts'

test('median: of odd and even numbers of values, in any order', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([10, 9, 100])).toBe(10)
})

test('spread: the median deviation, in percent of the median', () => {
  expect(spreadPct([90, 100, 120])).toBe(10)
})

test('middle: median of the averages of all pairs', () => {
  // 1, 1.5, 3, 2, 3.5, 5
  expect(middleOf([1, 2, 5]).estimate).toBe(2.5)
})

test('middle: one wild value of twelve moves it little', () => {
  const tame = Array.from({ length: 12 }, (_, index) => index / 100)
  const wild = tame.with(11, 50)
  expect(middleOf(wild).estimate - middleOf(tame).estimate).toBeLessThan(0.02)
})

test('interval: cuts off as many averages as the printed table of the signed-rank test says', () => {
  // Two-sided 5 %: 6 values 0, 8 values 3, 10 values 8, 12 values 13: sums up to these are outside.
  for (const [n, sum] of [
    [6, 0],
    [8, 3],
    [10, 8],
    [12, 13],
  ]) {
    const values = Array.from({ length: n }, (_, index) => 2 ** index)
    const averages = values.flatMap((a, i) => values.slice(i).map((b) => (a + b) / 2)).toSorted((a, b) => a - b)
    const { low, high } = middleOf(values)
    expect([n, low, high]).toEqual([n, averages[sum], averages.at(-1 - sum)!])
  }
})

test('interval: of five values there is none at 95 %', () => {
  expect(middleOf([1, 2, 3, 4, 5])).toEqual({ estimate: 3, low: -Infinity, high: Infinity })
})

test('interval: holds the true middle as often as it says', () => {
  const random = new Random(7)
  let held = 0
  for (let trial = 0; trial < 2000; trial++) {
    const { low, high } = middleOf(Array.from({ length: 8 }, () => gauss(random)))
    if (low <= 0 && 0 <= high) held++
  }
  expect(held / 2000).toBeGreaterThan(0.94)
})

test('signed ranks: the chance is what counting all signs gives, and @stdlib/stats-wilcoxon 0.2.3', () => {
  const values = [0.3, -0.1, 0.7, 0.2, -0.5, 0.9, 1.1]
  const rank = (value: number) => values.filter((other) => Math.abs(other) <= Math.abs(value)).length
  const sumOf = (positive: (value: number, index: number) => boolean) =>
    values.filter(positive).reduce((sum, value) => sum + rank(value), 0)
  const seen = sumOf((value) => value > 0)
  let asHigh = 0
  for (let signs = 0; signs < 128; signs++) if (sumOf((_, index) => (signs >> index) % 2 === 1) >= seen) asHigh++
  expect(chanceOfAtMost(values, 0)).toBe(asHigh / 128)
  expect(chanceOfAtMost(values, 0)).toBe(0.078125)
})

test('signed ranks: all above is one way of all, none above is certain', () => {
  expect(chanceOfAtMost([1.1, 1.2, 1.3, 1.4], 1)).toBe(1 / 16)
  expect(chanceOfAtMost([1.1, 1.2, 1.3, 1.4], 2)).toBe(1)
  expect(chanceOfAtMost([0, 0, 0, 0, 0], 0)).toBe(1)
})

test('believable: the example of Benjamini and Hochberg, 1995', () => {
  const chances = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
  ]
  expect(believable(chances, 0.05).filter(Boolean).length).toBe(4)
  expect(believable(chances.toReversed(), 0.05).slice(-4)).toEqual([true, true, true, true])
})

test('believable: nothing of nothing', () => {
  expect(believable([], 0.05)).toEqual([])
  expect(believable([0.2], 0.05)).toEqual([false])
})

function gauss(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}
