/**
 * Records that cannot become rows: ClickHouse refuses what they say, or every worker dies of them. Such a verdict is on
 * disk before anything is inserted that follows from it, so that a group that is repeated after a crash is repeated with
 * the same rows, whatever ClickHouse would say of them now. One file in the journal's directory; usually there is none.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Refusal {
  /** Hash of the record. */
  hash: string
  /** Reject code. */
  reason: number
  /** Last journal entry of its group: the verdict is of no use once that is done. */
  entry: number
}

export class Refusals {
  private constructor(
    private readonly directory: string,
    private list: Refusal[],
  ) {}

  /** `doneEntry`: what was refused up to there is history. */
  static open(directory: string, doneEntry: number): Refusals {
    const refusals = new Refusals(directory, readList(join(directory, FILE)))
    refusals.forget(doneEntry)
    return refusals
  }

  /** As a decode task wants them. */
  get all(): readonly (readonly [hash: string, reason: number])[] {
    return this.list.map(({ hash, reason }) => [hash, reason] as const)
  }

  /** Throws if it cannot be written; nothing has changed then. */
  add(refusals: readonly Refusal[]): void {
    this.replace([...this.list, ...refusals])
  }

  forget(doneEntry: number): void {
    const left = this.list.filter(({ entry }) => entry > doneEntry)
    if (left.length === this.list.length) return
    try {
      this.replace(left)
    } catch {
      // Mere tidying: a disk without room must stop nothing, and the next group tries again.
    }
  }

  private replace(list: Refusal[]): void {
    const path = join(this.directory, FILE)
    if (list.length === 0) rmSync(path, { force: true })
    else {
      writeFileSync(`${path}.new`, JSON.stringify(list), { flush: true })
      renameSync(`${path}.new`, path)
    }
    syncDirectory(this.directory)
    this.list = list
  }
}

const FILE = 'refused.json'

function readList(path: string): Refusal[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Refusal[]
  } catch {
    // There is none; or the disk lost it: then the rows are examined again.
    return []
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  fsyncSync(directory)
  closeSync(directory)
}
