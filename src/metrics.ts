/** Prometheus metrics. The parts count in plain numbers; here they get names, labels and help when they are scraped. */
import { statSync } from 'node:fs'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { REJECT_NAMES } from './codecs/rejects.ts'
import { TRANSPORTS } from './codecs/frame-record.ts'
import type { Net } from './net/net.ts'
import type { Drain } from './storage/drain.ts'
import type { Journal } from './storage/journal.ts'
import type { WorkerPool } from './workers/pool.ts'

/** Its size is how many there are. */
const OPEN_FILES = '/proc/self/fd'

type Value = readonly [value: number, labels?: Record<string, string>]

export function createMetrics(net: Net, journal: Journal, pool: WorkerPool, drain: Drain): Registry {
  const registry = new Registry()
  collectProcessMetrics(registry)
  const { counters } = net

  const counter = (name: string, help: string, labelNames: string[], read: () => Iterable<Value>) =>
    new Counter({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset()
        for (const [value, labels] of read()) this.inc(labels ?? {}, value)
      },
    })
  const gauge = (name: string, help: string, labelNames: string[], read: () => Iterable<Value>) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset()
        for (const [value, labels] of read()) this.set(labels ?? {}, value)
      },
    })
  const perTransport = (values: Float64Array) => () =>
    TRANSPORTS.map((transport, index): Value => [values[index], { transport }])
  const perSlot = (values: Float64Array) => () =>
    counters.protocols.flatMap((protocol, index) =>
      TRANSPORTS.map((transport, at): Value => [values[counters.slot(index, at)], { protocol, transport }]),
    )
  const perKey = (label: string, values: () => Iterable<readonly [string, number]>) => () =>
    Array.from(values(), ([key, value]): Value => [value, { [label]: key }])

  // Received bytes: received = frame + reject + padding + dropped + window, at every scrape.
  counter(
    'waygate_received_bytes_total',
    'Bytes received from trackers.',
    ['transport'],
    perTransport(counters.receivedBytes),
  )
  counter(
    'waygate_frame_bytes_total',
    'Bytes received that are frames.',
    ['protocol', 'transport'],
    perSlot(counters.frameBytes),
  )
  counter(
    'waygate_reject_bytes_total',
    'Bytes received that net refused.',
    ['transport'],
    perTransport(counters.rejectBytes),
  )
  counter(
    'waygate_padding_bytes_total',
    'Line ends and padding between frames.',
    ['transport'],
    perTransport(counters.paddingBytes),
  )
  counter(
    'waygate_dropped_bytes_total',
    'Bytes of datagrams dropped because the journal was full.',
    ['transport'],
    () => [[counters.droppedBytes, { transport: 'udp' }]],
  )
  gauge(
    'waygate_window_bytes',
    'Bytes received that wait for the rest of their frame.',
    ['transport'],
    perTransport(counters.windowBytes),
  )

  counter('waygate_frames_total', 'Frames received and batched.', ['protocol', 'transport'], perSlot(counters.frames))
  counter('waygate_acks_total', 'Acks owed for frames received.', ['protocol', 'transport'], perSlot(counters.acks))
  counter('waygate_ack_bytes_total', 'Bytes of acks the kernel took.', ['transport'], perTransport(counters.ackBytes))
  counter(
    'waygate_resyncs_total',
    'Times bytes between frames were skipped.',
    ['protocol', 'transport'],
    perSlot(counters.resyncs),
  )
  counter(
    'waygate_adopted_datagrams_total',
    'Datagrams of an unknown layout kept as frames because of their sender (codecs.flextrack.sut_networks).',
    ['protocol', 'transport'],
    perSlot(counters.adopted),
  )
  counter('waygate_rejects_total', 'What could not be used, by reason.', ['reason'], () =>
    REJECT_NAMES.flatMap((reason, code): Value[] =>
      reason
        ? [
            [
              counters.rejects[code] +
                (pool.totals.rejects[reason] ?? 0) +
                (reason === 'refused' ? drain.framesRefused : 0),
              { reason },
            ],
          ]
        : [],
    ),
  )
  counter('waygate_dropped_datagrams_total', 'Datagrams dropped because the journal was full.', [], () => [
    [counters.droppedDatagrams],
  ])
  counter(
    'waygate_withheld_replies_total',
    'UDP replies longer than the first datagram of their peer, which are not sent.',
    [],
    () => [[counters.withheldReplies]],
  )
  counter('waygate_failed_replies_total', 'UDP replies the kernel did not take.', [], () => [[counters.failedReplies]])

  gauge('waygate_sessions', 'Sessions that live.', ['transport'], perTransport(counters.sessions))
  counter('waygate_sessions_opened_total', 'Sessions opened.', ['transport'], perTransport(counters.sessionsOpened))
  counter(
    'waygate_sessions_closed_total',
    'Sessions ended or refused, by reason.',
    ['reason'],
    perKey('reason', () => counters.closed),
  )

  // Frames: frames_total + frames_released + frames_replayed = decoded + ignored + rejected + quarantined + waiting.
  counter('waygate_frames_decoded_total', 'Frames taken by the decoder, by outcome.', ['protocol', 'outcome'], () =>
    Object.entries(pool.totals.protocols).flatMap(([protocol, counts]): Value[] =>
      (['decoded', 'ignored', 'rejected', 'quarantined'] as const).map((outcome) => [
        counts[outcome],
        { protocol, outcome },
      ]),
    ),
  )
  counter('waygate_frames_refused_total', 'Frames decoded whose rows ClickHouse refused afterwards.', [], () => [
    [drain.framesRefused],
  ])
  counter('waygate_frames_released_total', 'Frames taken again because their device was listed.', [], () => [
    [counters.released],
  ])
  counter('waygate_fixes_decoded_total', 'Fixes decoded.', ['protocol'], () =>
    Object.entries(pool.totals.protocols).map(([protocol, counts]): Value => [counts.fixes, { protocol }]),
  )
  counter(
    'waygate_frames_replayed_total',
    'Frames decoded from the journal that an earlier run had received.',
    [],
    () => [[drain.framesReplayed]],
  )
  gauge('waygate_frames_waiting', 'Frames received by this run and not yet decoded.', [], () => [
    [
      counters.frames.reduce((sum, frames) => sum + frames, 0) +
        counters.released -
        (drain.framesTaken - drain.framesReplayed),
    ],
  ])

  // Rows: decoded = stored + refused + waiting.
  counter(
    'waygate_rows_decoded_total',
    'Rows decoded, by table.',
    ['table'],
    perKey('table', () => drain.rowsDecoded),
  )
  counter(
    'waygate_rows_stored_total',
    'Rows that ClickHouse confirmed, by table.',
    ['table'],
    perKey('table', () => drain.rowsStored),
  )
  gauge('waygate_rows_waiting', 'Rows decoded and not yet confirmed, by table.', ['table'], () =>
    Array.from(drain.rowsDecoded, ([table, rows]): Value => [
      rows - (drain.rowsStored.get(table) ?? 0) - (drain.rowsRefused.get(table) ?? 0),
      { table },
    ]),
  )
  counter(
    'waygate_rows_refused_total',
    'Rows left out because ClickHouse refuses rows of their frame, by table.',
    ['table'],
    perKey('table', () => drain.rowsRefused),
  )
  counter('waygate_insert_retries_total', 'Inserts repeated because ClickHouse did not confirm them.', [], () => [
    [drain.retries],
  ])

  gauge('waygate_journal_bytes', 'Bytes of the journal on disk.', [], () => [[journal.bytes]])
  gauge('waygate_journal_full', '1 while the journal takes no more.', [], () => [[journal.full ? 1 : 0]])
  gauge('waygate_journal_oldest_seconds', 'Age of the oldest journal entry that ClickHouse does not hold.', [], () => [
    [journal.oldestMs(Date.now()) / 1000],
  ])
  gauge('waygate_journal_waiting_entries', 'Journal entries that ClickHouse does not hold.', [], () => [
    [drain.waitingEntries],
  ])
  gauge('waygate_journal_free_bytes', 'Bytes the file system of the journal has left.', [], () => [[journal.freeBytes]])
  counter('waygate_journal_quarantined_bytes_total', 'Damaged bytes of the journal set aside.', [], () => [
    [journal.quarantinedBytes],
  ])
  counter('waygate_journal_lost_entries_total', 'Entries of the journal lost to damage.', [], () => [
    [journal.lostEntries],
  ])
  gauge('waygate_worker_queue', 'Batches that wait for a worker.', [], () => [[pool.queued]])

  const seconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  const amounts = [1, 10, 100, 1000, 5000, 10_000, 50_000, 100_000, 500_000]
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, buckets, registers: [registry] })
  const commitSeconds = histogram('waygate_commit_seconds', 'Time to write and sync a journal commit.', seconds)
  const commitBytes = histogram(
    'waygate_commit_bytes',
    'Bytes of a journal commit.',
    [100, 1000, 10_000, 100_000, 1_000_000],
  )
  const batchFrames = histogram('waygate_batch_frames', 'Frames of a decoded batch.', amounts)
  const batchSeconds = histogram(
    'waygate_batch_decode_seconds',
    'Time to decode a batch, waiting for a worker included.',
    seconds,
  )
  const insertRows = histogram('waygate_insert_rows', 'Rows of a group, all tables.', amounts)
  const insertSeconds = histogram('waygate_insert_seconds', 'Time to insert a group, repetitions included.', seconds)
  net.committer.onCommit = (ms, bytes) => {
    commitSeconds.observe(ms / 1000)
    commitBytes.observe(bytes)
  }
  pool.onBatch = (frames, ms) => {
    batchFrames.observe(frames)
    batchSeconds.observe(ms / 1000)
  }
  drain.onInsert = (rows, ms) => {
    insertRows.observe(rows)
    insertSeconds.observe(ms / 1000)
  }
  return registry
}

/**
 * The library's metrics of the process, without two that hold up all trackers at each scrape: heap spaces, which are another
 * engine's and cost a walk over the whole heap, and the count of open files by listing them, 20 to 50 ms where there are 20,000.
 */
function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  for (const what of ['total', 'used', 'available']) registry.removeSingleMetric(`nodejs_heap_space_size_${what}_bytes`)
  const openFiles = () => statSync(OPEN_FILES, { throwIfNoEntry: false })?.size ?? 0
  if (openFiles() === 0) return // no Linux, or one older than 6.2: listing them is all there is
  registry.removeSingleMetric('process_open_fds')
  const count = new Gauge({
    name: 'process_open_fds',
    help: 'Number of open file descriptors.',
    registers: [],
    collect() {
      this.set(openFiles())
    },
  })
  registry.registerMetric(count)
}
