/** The listeners beside the first, each a process: started, kept alive, asked, stopped. */
import type { Subprocess } from 'bun'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { journalOf, listenersWithJournal } from './journals.ts'
import { ofListener } from './listener-config.ts'
import type { Target, Troubles } from './listener.ts'
import type { Answers, FromListener, Metrics, Question, ToListener } from './messages.ts'

const BACKOFF_MIN_MS = 250
const BACKOFF_MAX_MS = 30_000
/** A process that lived this long did not die of what killed the one before. */
const SETTLED_MS = 60_000
/** A listener that is not stuck answers sooner. */
const ANSWER_MS_MAX = 2000

export class ListenerProcesses {
  private readonly processes: ListenerProcess[]

  /** Starts them. `port` is the one the first listener has. */
  constructor(config: Config, port: number, log: Logger) {
    const { listeners } = config.gateway
    const beside = Array.from({ length: listeners - 1 }, (_, index) => index + 1)
    const leftOver = listenersWithJournal(config.journal.path).filter((listener) => listener >= listeners)
    for (const listener of leftOver)
      log.info({ listener }, 'an earlier run had more listeners: what this one has in its journal is inserted')
    this.processes = [...beside, ...leftOver].map(
      (listener) =>
        new ListenerProcess(listener, { ...config, gateway: { ...config.gateway, port } }, log, () =>
          this.processes.splice(
            this.processes.findIndex((each) => each.listener === listener),
            1,
          ),
        ),
    )
  }

  /** Tells all of them, and those that take their places, where to insert. */
  insertInto(target: Target): void {
    for (const each of this.processes) each.insertInto(target)
  }

  /** Each listener's, beside those of the first. */
  async troubles(own: Troubles): Promise<Troubles> {
    const all = { ...own }
    const others = await Promise.all(
      this.processes.map(async (each) => {
        const troubles = await each
          .ask('troubles', ANSWER_MS_MAX)
          .catch(({ message }: Error) => ({ listening: message }))
        return [each.listener, troubles as Partial<Troubles>] as const
      }),
    )
    for (const [listener, troubles] of others)
      for (const [part, trouble] of Object.entries(troubles) as [keyof Troubles, string][])
        if (all[part] === '' && trouble !== '') all[part] = `listener ${listener}: ${trouble}`
    return all
  }

  /** Of those that answer. */
  async metrics(): Promise<Metrics[]> {
    const asked = await Promise.allSettled(this.processes.map((each) => each.ask('metrics', ANSWER_MS_MAX)))
    return asked.filter((answer) => answer.status === 'fulfilled').map(({ value }) => value)
  }

  /** Resolves when ClickHouse holds what they received so far; rejects if one of them is not there. */
  async settled(): Promise<void> {
    await Promise.all(this.processes.map((each) => each.ask('settled', Infinity)))
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((each) => each.stop()))
  }
}

class ListenerProcess {
  private child!: Subprocess
  private readonly asked = new Map<number, PromiseWithResolvers<never>>()
  private questions = 0
  private target: Target | null = null
  private stopping = false
  /** It was left over, and its journal is empty. */
  private done = false
  private backoffMs = BACKOFF_MIN_MS
  private restart: Timer | undefined

  constructor(
    readonly listener: number,
    private readonly config: Config,
    private readonly log: Logger,
    private readonly onDone: () => void,
  ) {
    this.start()
  }

  insertInto(target: Target): void {
    this.target = target
    this.tell({ type: 'insert', target })
  }

  /** Rejects with what is wrong with it if it does not answer. */
  async ask<Asked extends Question>(question: Asked, ms: number): Promise<Answers[Asked]> {
    if (this.hasEnded) throw new Error('it has ended')
    const id = ++this.questions
    const answer = Promise.withResolvers<never>()
    this.asked.set(id, answer)
    const patience = ms < Infinity ? setTimeout(() => answer.reject(new Error('it does not answer')), ms) : undefined
    this.tell({ type: 'ask', id, question })
    try {
      return await answer.promise
    } finally {
      clearTimeout(patience)
      this.asked.delete(id)
    }
  }

  async stop(): Promise<void> {
    this.stopping = true
    clearTimeout(this.restart)
    this.tell({ type: 'stop' })
    await this.child.exited
  }

  private start(): void {
    const startedAt = performance.now()
    this.restart = undefined
    this.child = Bun.spawn([process.execPath, join(import.meta.dir, 'listener.main.ts')], {
      stdin: 'ignore',
      stdout: 'inherit',
      stderr: 'inherit',
      ipc: (message: FromListener) => this.heard(message),
    })
    this.tell({ type: 'open', listener: this.listener, config: ofListener(this.config, this.listener) })
    if (this.target) this.tell({ type: 'insert', target: this.target })
    void this.child.exited.then(() => this.ended(performance.now() - startedAt))
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  private tell(message: ToListener): void {
    if (this.hasEnded) return
    try {
      this.child.send(message)
    } catch (error) {
      // The channel closes before the end is known; `ended` follows, and the next one is told again.
      this.log.debug({ listener: this.listener, reason: (error as Error).message }, 'a listener could not be told')
    }
  }

  private heard(message: FromListener): void {
    if (message.type === 'done') {
      this.done = true
      return
    }
    const answer = this.asked.get(message.id)
    if (message.type === 'answer') answer?.resolve(message.answer as never)
    else answer?.reject(new Error(message.reason))
  }

  private ended(livedMs: number): void {
    for (const answer of this.asked.values()) answer.reject(new Error('it has ended'))
    // However it ended: that it was done is what says that nothing of its journal is needed any more.
    if (this.done) {
      this.removeJournal()
      this.onDone()
      return
    }
    if (this.stopping) return
    const { exitCode, signalCode } = this.child
    if (livedMs > SETTLED_MS) this.backoffMs = BACKOFF_MIN_MS
    this.log.error(
      { listener: this.listener, restartMs: this.backoffMs },
      `listener ${this.listener} ended with ${signalCode ?? `code ${exitCode}`} and is started again; its connections are closed, its journal keeps what it acknowledged`,
    )
    this.restart = setTimeout(() => this.start(), this.backoffMs)
    this.backoffMs = Math.min(this.backoffMs * 2, BACKOFF_MAX_MS)
  }

  /** All of it is in ClickHouse; only damage that was set aside is kept. */
  private removeJournal(): void {
    const path = journalOf(this.config.journal.path, this.listener)
    const quarantine = join(path, 'quarantine')
    if (existsSync(quarantine) && readdirSync(quarantine).length > 0) return
    rmSync(path, { recursive: true })
    this.log.info({ path }, 'the journal of a listener that is no longer configured was inserted and removed')
  }
}
