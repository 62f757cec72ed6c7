/** The guard's verdicts over made-up suites: processes that differ by what the JIT made of them, and machines with bad moments. */
import { expect, test } from 'bun:test'
import { judge, type Judgement, type Measure, type Pairs, roundsToBeSure, type Verdict } from '../../bench/verdict.ts'
import { Random } from '../../src/simulator/random.ts'

const CASES = 60
const SCREENING_ROUNDS = 10
const CONFIRMATION_ROUNDS = 12

/** A suite whose first cases take `factor` times as long in the new tree. */
interface Made {
  seed: number
  slowed: number
  factor: number
  /** Relative standard deviation between processes. */
  noise: number
  /** Share of processes with a case that takes up to half as long again. */
  burst?: number
}

function made({ seed, slowed, factor, noise, burst = 0 }: Made): Measure {
  const random = new Random(seed)
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  const process = () => Math.exp(noise * gauss()) * (random.chance(burst) ? random.between(1, 1.5) : 1)
  const all = Array.from({ length: CASES }, (_, index) => `case ${index}`)
  return async (names) => {
    const rounds = names ? CONFIRMATION_ROUNDS : SCREENING_ROUNDS
    return new Map(
      (names ?? all).map((name): [string, Pairs] => {
        const ns = 100 * (Number(name.slice(5)) < slowed ? factor : 1)
        return [
          name,
          {
            oldNs: Array.from({ length: rounds }, () => 100 * process()),
            newNs: Array.from({ length: rounds }, () => ns * process()),
          },
        ]
      }),
    )
  }
}

const called = (cases: readonly Judgement[], verdict: Verdict) => cases.filter((each) => each.verdict === verdict)

test('an identical suite: the same', async () => {
  const cases = await judge(made({ seed: 1, slowed: 0, factor: 1, noise: 0.02 }), 5)
  expect(called(cases, 'same').length).toBe(CASES)
})

test('10 % slower: regressed, and the others are not', async () => {
  const cases = await judge(made({ seed: 2, slowed: 3, factor: 1.1, noise: 0.02 }), 5)
  expect(called(cases, 'regressed').map(({ name }) => name)).toEqual(['case 0', 'case 1', 'case 2'])
  for (const { change_pct, low_pct, high_pct, rounds } of called(cases, 'regressed')) {
    expect(rounds).toBe(CONFIRMATION_ROUNDS)
    expect(change_pct).toBeWithin(7, 13)
    expect(low_pct).toBeLessThan(change_pct)
    expect(high_pct).toBeGreaterThan(change_pct)
  }
})

test('10 % faster: improved', async () => {
  const cases = await judge(made({ seed: 3, slowed: 1, factor: 1 / 1.1, noise: 0.02 }), 5)
  expect(called(cases, 'improved').map(({ name }) => name)).toEqual(['case 0'])
  expect(called(cases, 'regressed')).toEqual([])
})

test('3 % slower is within the threshold', async () => {
  const cases = await judge(made({ seed: 4, slowed: CASES, factor: 1.03, noise: 0.01 }), 5)
  expect(called(cases, 'regressed')).toEqual([])
})

test('everything 10 % slower: regressed, though only the worst are measured again', async () => {
  const cases = await judge(made({ seed: 5, slowed: CASES, factor: 1.1, noise: 0.02 }), 5)
  expect(called(cases, 'regressed').length).toBeGreaterThan(30)
})

test('one case 10 % slower among fifty that are 12 % faster: regressed', async () => {
  const faster = made({ seed: 5, slowed: 50, factor: 0.88, noise: 0.02 })
  const cases = await judge(async (names) => {
    const measured = await faster(names)
    const slow = measured.get('case 55')
    if (slow) slow.newNs = slow.newNs.map((ns) => 1.1 * ns)
    return measured
  }, 5)
  expect(called(cases, 'regressed').map(({ name }) => name)).toEqual(['case 55'])
  expect(called(cases, 'improved').length).toBeGreaterThan(30)
})

test('too few rounds prove nothing, and say so', async () => {
  const measure: Measure = async () => new Map([['case', { oldNs: [100, 100, 100], newNs: [150, 151, 152] }]])
  const [{ verdict, low_pct, high_pct }] = await judge(measure, 5)
  expect([verdict, low_pct, high_pct]).toEqual(['unclear', null, null])
})

test.each([1, 12, 40])('the fewest rounds that tell one slow case among %d suspects', async (suspects) => {
  const rounds = roundsToBeSure(suspects)
  /** Each suspect is one in the first look; in the second only the first is slower, by a fifth in every round. */
  const regressedIn = async (confirmationRounds: number) => {
    const measure: Measure = async (names) => {
      const times = (length: number, ns: (round: number) => number) => Array.from({ length }, (_, round) => ns(round))
      const all = Array.from({ length: suspects }, (_, index) => `case ${index}`)
      return new Map(
        (names ?? all).map((name): [string, Pairs] => {
          const slow = (round: number) => (!names || name === 'case 0' || round % 2 === 0 ? 120 : 80)
          const count = names ? confirmationRounds : SCREENING_ROUNDS
          return [name, { oldNs: times(count, () => 100), newNs: times(count, (round) => slow(round) + round / 10) }]
        }),
      )
    }
    return called(await judge(measure, 5), 'regressed').map(({ name }) => name)
  }
  expect(await regressedIn(rounds)).toEqual(['case 0'])
  expect(await regressedIn(rounds - 1)).toEqual([])
})

test('false alarms: none in 400 identical suites with 2 % of noise', async () => {
  expect(await suitesWith('regressed', 400, { slowed: 0, factor: 1, noise: 0.02 })).toBe(0)
})

test('false alarms: at most 1 in 200 identical suites with 5 % of noise and a tenth of the processes disturbed', async () => {
  const noisy = { slowed: 0, factor: 1, noise: 0.05, burst: 0.1 }
  expect(await suitesWith('regressed', 400, noisy)).toBeLessThanOrEqual(2)
})

test('misses: 10 % in one case is caught in 95 of 100 suites with 2 % of noise', async () => {
  expect(await suitesWith('regressed', 200, { slowed: 1, factor: 1.1, noise: 0.02 })).toBeGreaterThanOrEqual(190)
})

/** How many suites of so many have a case with this verdict. */
async function suitesWith(verdict: Verdict, suites: number, made_: Omit<Made, 'seed'>): Promise<number> {
  let found = 0
  for (let seed = 0; seed < suites; seed++)
    if (called(await judge(made({ ...made_, seed: 1000 + seed }), 5), verdict).length > 0) found++
  return found
}
