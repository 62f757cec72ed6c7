/** The journal against a model that is too simple to be wrong: random actions, crashes and damage between them. */
import { expect } from 'bun:test'
import fc from 'fast-check'
import { Random } from '../../src/simulator/random.ts'
import type { Journal, Group } from '../../src/storage/journal.ts'
import { ENTRY_HEADER_BYTES } from '../../src/storage/log-entry.ts'
import { entryOf, openJournal, partOf, readEntries, rounds, type FaultTest } from './faults.ts'
import { SimulatedDisk } from './simulated-disk.ts'

/** What the journal must know. */
interface Model {
  /** Entries by number, as they were appended; damaged ones are taken out. */
  entries: Map<number, Buffer>
  last: number
  done: number
  sealed: Group[]
  random: Random
}
interface Real {
  disk: SimulatedDisk
  journal: Journal
}
type Action = fc.AsyncCommand<Model, Real>

class Append implements Action {
  constructor(private readonly parts: number) {}
  check = () => true
  async run(model: Model, { journal }: Real): Promise<void> {
    const rows = Array.from({ length: this.parts }, (_, index) => entryOf(model.random, model.last + 1 + index))
    expect(await journal.append(rows.map(partOf))).toBe(model.last + 1)
    for (const row of rows) model.entries.set(++model.last, row)
  }
  toString = () => `append ${this.parts}`
}

class ReadRange implements Action {
  constructor(
    private readonly from: number,
    private readonly length: number,
    private readonly bytes: number,
  ) {}
  check = (model: Readonly<Model>) => model.last > model.done
  async run(model: Model, { journal }: Real): Promise<void> {
    const first = model.done + 1 + Math.floor(this.from * (model.last - model.done))
    const last = Math.min(model.last, first + this.length)
    const read = await journal.read(first, last, this.bytes)
    const there = [...model.entries].filter(([number]) => number >= first && number <= last)
    // As many as fit, at least one.
    let fitting = 0
    for (let used = 0; fitting < there.length; fitting++) {
      used += there[fitting][1].length
      if (fitting > 0 && used > Math.max(this.bytes, there[0][1].length)) break
    }
    const expected = there.slice(0, fitting)
    if (expected.length === 0) expect(read).toBeNull()
    else {
      expect([read!.first, read!.last]).toEqual([expected[0][0], expected.at(-1)![0]])
      expect(Buffer.from(read!.arena, 0, read!.used).equals(Buffer.concat(expected.map(([, row]) => row)))).toBe(true)
    }
  }
  toString = () => `read from ${this.from}, ${this.length} entries, ${this.bytes} bytes`
}

class Seal implements Action {
  constructor(private readonly length: number) {}
  check = (model: Readonly<Model>) => model.sealed.length < 4 && (model.sealed.at(-1)?.last ?? model.done) < model.last
  async run(model: Model, { journal }: Real): Promise<void> {
    const first = (model.sealed.at(-1)?.last ?? model.done) + 1
    model.sealed.push(await journal.seal(first, Math.min(model.last, first + this.length)))
  }
  toString = () => `seal ${this.length + 1}`
}

class Done implements Action {
  check = (model: Readonly<Model>) => model.sealed.length > 0
  async run(model: Model, { journal }: Real): Promise<void> {
    const group = model.sealed.shift()!
    await journal.done(group)
    model.done = group.last
  }
  toString = () => 'done'
}

/** The process ends, or the power is cut; it is started again. */
class Crash implements Action {
  constructor(private readonly power: boolean) {}
  check = () => true
  async run(model: Model, real: Real): Promise<void> {
    await real.journal.close()
    real.disk = this.power ? real.disk.powerCut(model.random) : real.disk.copy()
    real.journal = await openJournal(real.disk)
  }
  toString = () => (this.power ? 'power cut' : 'kill')
}

/** One entry is damaged while the gateway is down. */
class DamageEntry implements Action {
  constructor(private readonly which: number) {}
  check = (model: Readonly<Model>) => [...model.entries.keys()].some((number) => number > model.done)
  async run(model: Model, real: Real): Promise<void> {
    const waiting = [...model.entries].filter(([number]) => number > model.done)
    const [number, row] = waiting[Math.floor(this.which * waiting.length)]
    await real.journal.close()
    real.disk = real.disk.copy()
    for (const path of real.disk.paths().filter((name) => name.endsWith('.log'))) {
      const found = real.disk.content(path).indexOf(row)
      if (found < 0) continue
      const at = found - model.random.whole(0, ENTRY_HEADER_BYTES)
      real.disk.damage(path, Buffer.from([~real.disk.content(path)[at]]), at)
    }
    model.entries.delete(number)
    real.journal = await openJournal(real.disk)
    if (number < model.last) return
    // Of the very last entries nobody can tell whether they were ever synced: their numbers may be given again.
    const known = Math.max(model.done, model.sealed.at(-1)?.last ?? 0, lastOf(model))
    expect(real.journal.lastEntry).toBeGreaterThanOrEqual(known)
    expect(real.journal.lastEntry).toBeLessThanOrEqual(model.last)
    model.last = real.journal.lastEntry
  }
  toString = () => `damage at ${this.which}`
}

function lastOf(model: Model): number {
  return Math.max(0, ...model.entries.keys())
}

/** After each action the journal knows what the model knows, and gives what it holds. */
function checked(action: Action): Action {
  return {
    check: (model) => action.check(model),
    run: async (model, real) => {
      await action.run(model, real)
      const { journal } = real
      expect([journal.lastEntry, journal.doneEntry]).toEqual([model.last, model.done])
      expect(journal.sealed).toEqual(model.sealed)
      for (const number of model.entries.keys()) if (number <= model.done) model.entries.delete(number)
      if (model.random.chance(0.3)) expect(await readEntries(journal, model.done + 1)).toEqual(model.entries)
    },
    toString: () => action.toString(),
  }
}

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const ACTIONS = fc.commands(
  [
    fc.integer({ min: 1, max: 4 }).map((parts) => checked(new Append(parts))),
    fc.integer({ min: 1, max: 4 }).map((parts) => checked(new Append(parts))),
    fc
      .tuple(unit, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 2000 }))
      .map(([from, length, bytes]) => checked(new ReadRange(from, length, bytes))),
    fc.integer({ min: 0, max: 6 }).map((length) => checked(new Seal(length))),
    fc.constant(checked(new Done())),
    fc.boolean().map((power) => checked(new Crash(power))),
    unit.map((which) => checked(new DamageEntry(which))),
  ],
  { maxCommands: 60, size: 'max' },
)
const RUNS = 20

export const journalModel: FaultTest = {
  id: 'JM',
  name: 'the journal against a model',
  async run(options) {
    const seeds = await rounds('JM', options, (_, seed) =>
      fc.assert(
        fc.asyncProperty(ACTIONS, fc.integer(), async (actions, randomSeed) => {
          let real: Real | null = null
          await fc.asyncModelRun(async () => {
            const disk = new SimulatedDisk(randomSeed % 2 === 0)
            real = { disk, journal: await openJournal(disk) }
            const model = { entries: new Map(), last: 0, done: 0, sealed: [], random: new Random(randomSeed) }
            return { model, real }
          }, actions)
          await real!.journal.close()
        }),
        { seed, numRuns: RUNS },
      ),
    )
    return `${seeds * RUNS} histories`
  },
}
