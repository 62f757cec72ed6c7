/** What a gateway and its listener processes say to each other. */
import type { Config } from '../config.ts'
import type { Target, Troubles } from './listener.ts'

/** To a listener. The first message is `open`. */
export type ToListener =
  | { type: 'open'; listener: number; config: Config }
  | { type: 'insert'; target: Target }
  | { type: 'ask'; id: number; question: Question }
  | { type: 'stop' }

/** From a listener. `done`: it has no port, and ClickHouse holds all that its journal had. */
export type FromListener =
  { type: 'answer'; id: number; answer: unknown } | { type: 'failed'; id: number; reason: string } | { type: 'done' }

/** What a listener can be asked, and its answer. */
export interface Answers {
  troubles: Troubles
  /** As prom-client's Registry gives them. */
  metrics: Metrics
  /** When ClickHouse holds what was received so far. */
  settled: null
}
export type Question = keyof Answers
export type Metrics = object[]
