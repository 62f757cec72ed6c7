/** What `bench -- --record` keeps of each run: a line of JSON in history.jsonl. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'

export const HISTORY = join(import.meta.dir, 'history.jsonl')
/** The same of the end-to-end load. */
export const HISTORY_END_TO_END = join(import.meta.dir, 'history-e2e.jsonl')

export interface Machine {
  cpu: string
  cores: number
  kernel: string
  os: string
}

/** Where and when something was measured. */
export interface Circumstances {
  machine: Machine
  bun: string
  /** Full hash; with `-changed` when files differed from it. */
  revision: string
  /** ISO 8601, UTC. */
  date: string
}

export interface CaseRecord {
  name: string
  /** Name of the case beside it, see Task. */
  limit: string | null
  ns_per_frame: number
  limit_ratio: number | null
  spread_pct: number
  heap_bytes_per_frame: number | null
}

export interface BenchRecord extends Circumstances {
  cases: CaseRecord[]
}

export interface EndToEndRecord extends Circumstances {
  protocol: string
  connections: number
  /** Of each load; absent in records from before it was kept. */
  seconds?: number
  /** What was left out, or `none`. */
  ablation: string
  cpu_seconds_per_million: Record<string, Record<string, number>>
  /** The rate is raised from step to step. */
  steps: { rate_per_s: number; p50_ms: number; p99_ms: number; lost: number }[]
  /** One for each goal. */
  rows: {
    id: string
    what: string
    value: number
    unit: string
    /** What it is compared with. */
    limit: string
    ratio: number | null
    must: string
    goal: string
  }[]
}

export function circumstances(revision: string): Circumstances {
  const processors = cpus()
  const machine = { cpu: processors[0].model.trim(), cores: processors.length, kernel: release(), os: osName() }
  return { machine, bun: Bun.version, revision, date: new Date().toISOString() }
}

function osName(): string {
  const file = '/etc/os-release'
  const name = existsSync(file) ? /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync(file, 'utf8')) : null
  return name?.[1] ?? process.platform
}

/** The records of a file, oldest first; none if there is no file. */
export function readRecords<Record extends Circumstances>(path: string): Record[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record)
}

export function appendRecord(path: string, record: Circumstances): void {
  appendFileSync(path, `${JSON.stringify(record)}\n`)
}
