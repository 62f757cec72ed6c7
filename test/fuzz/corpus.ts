/**
 * What mutants are made of: every frame of `fixtures/`, and streams of simulated trackers. Each piece is one frame,
 * with the devices it may rightly be stored for and the fixes it holds: no other device may ever get one of these.
 */
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { AlarmName } from '../../src/codecs/alarms.ts'
import type { Codec } from '../../src/codecs/codec.ts'
import type { Row } from '../../src/codecs/row.ts'
import { session, splitAll, take, type Session } from '../../src/codecs/walk.ts'
import { TRACKER_PROTOCOLS } from '../../src/simulator/protocols.ts'
import { Random } from '../../src/simulator/random.ts'
import { Vehicle, type SimulatedFix } from '../../src/simulator/vehicle.ts'
import { ENVELOPES } from './envelopes.ts'
import { readVectors, vectorBytes } from '../codecs/vectors.ts'

export interface Piece {
  protocol: string
  bytes: Uint8Array
  /** False once a mutation has changed it. */
  intact: boolean
  /** It follows the piece before it in the same datagram. */
  joined?: boolean
  /** Device that the frame itself names; '' if it names none, or is a login of the session. */
  own: string
  /** Device that its own session has after it; '' if the corpus does not know. */
  device: string
  /** Its fixes, as `fixKey`, which no other frame of the corpus has. */
  fixes: readonly string[]
}

export interface Corpus {
  protocols: readonly string[]
  /** Streams of single devices: a login, where there is one, then reports. */
  streams: Map<string, Piece[][]>
  /** Frames from `fixtures/`. */
  frames: Map<string, Piece[]>
  devices: Set<string>
}

export const FIXTURES = join(import.meta.dir, '../../fixtures')
/** When mutants are received; the fixes of simulated trackers are shortly before. */
export const RECEIVED_MS = Date.parse('2026-03-14T10:00:00Z')
const DEVICES = 8,
  REPORTS = 14
const FIRST_IMEI = 860_000_000_000_000

export const fixKey = (latE7: number, lonE7: number, fixMs: number) => `${latE7} ${lonE7} ${fixMs}`

/** `directories` hold `<protocol>.jsonl` files of frames, as `fixtures/` does. */
export function buildCorpus(codecs: readonly Codec[], directories: readonly string[]): Corpus {
  const corpus: Corpus = {
    protocols: codecs.map((codec) => codec.name),
    streams: new Map(),
    frames: new Map(),
    devices: new Set(),
  }
  for (const [index, codec] of codecs.entries()) {
    const streams = Array.from({ length: DEVICES }, (_, device) => streamOf(codec, FIRST_IMEI + index * 100 + device))
    corpus.streams.set(codec.name, streams)
    corpus.frames.set(codec.name, [])
  }
  for (const directory of directories)
    for (const file of readdirSync(directory).toSorted()) {
      const codec = codecs.find(({ name }) => name === basename(file, '.jsonl'))
      if (!codec) continue
      for (const vector of readVectors(join(directory, file)))
        for (const frame of splitAll(codec, vectorBytes(vector)).frames)
          corpus.frames.get(codec.name)!.push(pieceOf(codec, frame, session()))
    }
  tellApart(corpus)
  return corpus
}

/** Notes the devices, and forgets the fixes that more than one frame has: they prove nothing. */
function tellApart(corpus: Corpus): void {
  const pieces = [...corpus.streams.values(), ...corpus.frames.values()].flat(2)
  const seen = new Map<string, number>()
  for (const { own, device, fixes } of pieces) {
    for (const id of [own, device]) if (id !== '') corpus.devices.add(id)
    for (const key of fixes) seen.set(key, (seen.get(key) ?? 0) + 1)
  }
  for (const piece of pieces) piece.fixes = piece.fixes.filter((key) => seen.get(key) === 1)
}

function pieceOf(codec: Codec, frame: Uint8Array, into: Session): Piece {
  const bytes = Uint8Array.from(frame) // a Buffer's slices would share its bytes
  const own = take(codec, bytes, session(), RECEIVED_MS).device
  const { device, rows } = take(codec, bytes, into, RECEIVED_MS)
  // Some papers print wrong checksums.
  const intact = ENVELOPES[codec.name]?.checksumHolds(bytes) !== false
  return { protocol: codec.name, bytes, intact, own, device, fixes: intact ? rows.flatMap(keyOf) : [] }
}

const keyOf = (row: Row) =>
  row.table === 'fixes'
    ? [
        fixKey(
          Math.round((row.latitude as number) * 1e7),
          Math.round((row.longitude as number) * 1e7),
          Date.parse(row.fix_time as string),
        ),
      ]
    : []

/** One simulated tracker: what it sends from its login on, frame by frame. */
function streamOf(codec: Codec, device: number): Piece[] {
  const tracker = TRACKER_PROTOCOLS[codec.name]
  const imei = String(device)
  const random = new Random(device)
  const vehicle = new Vehicle(random)
  let timeMs = RECEIVED_MS - 3_600_000 + (device % 1000) * 1000
  const drive = (alarm: AlarmName | null): SimulatedFix => {
    timeMs += 60_000
    return tracker.rounded({ ...vehicle.drive(timeMs, 60, tracker.alarms), alarm, buffered: random.chance(0.2) })
  }
  const sent = [tracker.login(imei, 1)]
  for (let serial = 2; serial < 2 + REPORTS; serial++) {
    const alarm = serial % 3 === 0 ? tracker.alarms[serial % tracker.alarms.length] : null
    const count = tracker.acksEachFix ? 1 : 1 + (serial % 4)
    const fixes = Array.from({ length: count }, () => drive(alarm))
    sent.push(tracker.report(imei, fixes, serial))
    if (serial % 5 === 0) sent.push(tracker.heartbeat(imei, fixes[0], serial + 1000) ?? new Uint8Array(0))
  }
  const into = session()
  return sent.flatMap((bytes) => splitAll(codec, bytes).frames.map((frame) => pieceOf(codec, frame, into)))
}
