/**
 * A listener in a process of its own. It lives as long as the gateway that started it, and does what that says (messages.ts).
 * One that has no port, left over from a run with more listeners, ends when ClickHouse holds what its journal has.
 */
import type { Config } from '../config.ts'
import { createLogger } from '../log.ts'
import { DRAIN_MS, openListener, STOP_MS, type Listener } from './listener.ts'
import type { Answers, FromListener, Question, ToListener } from './messages.ts'

let log = createLogger()
let opening: Promise<Listener> | null = null
let stopping = false

const answers: { [Asked in Question]: (listener: Listener) => Promise<Answers[Asked]> } = {
  troubles: async (listener) => listener.troubles(),
  metrics: (listener) => listener.metrics.getMetricsAsJSON(),
  settled: async (listener) => {
    await listener.settled()
    return null
  },
}

process.on('message', (message: ToListener) => {
  void handle(message).catch((error: Error) => {
    if (!stopping) fail(error)
  })
})
// The gateway is gone, and with it the embedded ClickHouse: what is left waits in the journal.
process.on('disconnect', () => void stop(0))
process.on('SIGTERM', () => void stop(DRAIN_MS))
process.on('SIGINT', () => void stop(DRAIN_MS))

async function handle(message: ToListener): Promise<void> {
  if (message.type === 'open') {
    opening = open(message.listener, message.config)
    await opening
  } else if (message.type === 'insert') {
    const listener = await opening!
    await listener.insertInto(message.target)
    if (listener.hasPort) return
    await listener.settled()
    process.send?.({ type: 'done' } satisfies FromListener)
    await stop(DRAIN_MS)
  } else if (message.type === 'ask') await answer(message.id, message.question)
  else await stop(DRAIN_MS)
}

async function open(number: number, config: Config): Promise<Listener> {
  log = log.child({ listener: number })
  const listener = await openListener(config, log, () => {}, fail)
  listener.metrics.setDefaultLabels({ listener: String(number) })
  if (!listener.hasPort) return listener
  const port = await listener.listen()
  log.info({ host: config.gateway.host, port }, `listening on port ${port}, TCP, beside the first listener`)
  return listener
}

async function answer(id: number, question: Question): Promise<void> {
  const said = await answers[question](await opening!).then(
    (result): FromListener => ({ type: 'answer', id, answer: result }),
    (error: Error): FromListener => ({ type: 'failed', id, reason: error.message }),
  )
  process.send?.(said)
}

async function stop(drainMs: number): Promise<void> {
  if (stopping) return
  stopping = true
  setTimeout(() => fail(new Error('the listener did not stop in time')), STOP_MS).unref()
  try {
    await (await opening)?.stop(drainMs)
  } catch (error) {
    fail(error as Error)
  }
  process.exit(0)
}

function fail(error: Error): never {
  log.fatal(error.message)
  process.exit(1)
}
