/**
 * What the guard needs of statistics. Wilcoxon's signed-rank test, the estimate of Hodges and Lehmann and its interval are one
 * theory: nothing is presumed but that differences scatter evenly about their middle, and one wild round moves them little.
 */

/** The middle of the values; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** Median absolute deviation, in percent of the median. */
export function spreadPct(values: readonly number[]): number {
  const middle = median(values)
  return (100 * median(values.map((value) => Math.abs(value - middle)))) / middle
}

export interface Interval {
  estimate: number
  low: number
  high: number
}

/**
 * Hodges–Lehmann estimate of the middle of the differences, with its exact interval: the middle lies within at least as often
 * as `confidence` says. Of too few differences for that (fewer than 6 for 95 %) the interval has no ends.
 */
export function middleOf(differences: readonly number[], confidence = 0.95): Interval {
  const averages: number[] = []
  for (let i = 0; i < differences.length; i++)
    for (let j = i; j < differences.length; j++) averages.push((differences[i] + differences[j]) / 2)
  averages.sort((a, b) => a - b)
  const ways = rankSumWays(differences.length)
  const tail = ((1 - confidence) / 2) * 2 ** differences.length
  let outside = 0
  for (let sum = ways[0]; sum <= tail; sum += ways[outside]) outside++
  const [low, high] = outside ? [averages[outside - 1], averages.at(-outside)!] : [-Infinity, Infinity]
  return { estimate: median(averages), low, high }
}

/**
 * Wilcoxon's signed-rank test, exact: how probable a sum of positive ranks as high as this one is if the middle of the
 * differences is `least` or lower. Equal sizes share the lower of their ranks, which errs on the safe side.
 */
export function chanceOfAtMost(differences: readonly number[], least: number): number {
  const shifted = differences.map((difference) => difference - least)
  const sizes = shifted.map(Math.abs).toSorted((a, b) => a - b)
  let sum = 0
  for (const difference of shifted) if (difference > 0) sum += sizes.indexOf(difference) + 1
  const ways = rankSumWays(differences.length)
  let asHigh = 0
  for (let at = sum; at < ways.length; at++) asHigh += ways[at]
  return asHigh / 2 ** differences.length
}

/** In how many ways the ranks 1 to n, each taken or not, give each sum. */
function rankSumWays(n: number): Float64Array {
  const ways = new Float64Array((n * (n + 1)) / 2 + 1)
  ways[0] = 1
  for (let rank = 1; rank <= n; rank++)
    for (let sum = ways.length - 1; sum >= rank; sum--) ways[sum] += ways[sum - rank]
  return ways
}

/** Benjamini and Hochberg: which of many findings to believe, so that on average no more than the share `q` of them is wrong. */
export function believable(chances: readonly number[], q: number): boolean[] {
  const sorted = chances.toSorted((a, b) => a - b)
  const bound = sorted.findLast((chance, at) => chance <= (q * (at + 1)) / sorted.length) ?? -1
  return chances.map((chance) => chance <= bound)
}
