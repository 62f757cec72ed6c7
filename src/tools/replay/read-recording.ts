/** Reads a recorded file of whichever kind it is. */
import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { sdCardFrames } from '../../codecs/gps103/sd-card.ts'
import { TCP } from '../../codecs/frame-record.ts'
import { readLines } from './lines.ts'
import { isCapture, readCapture } from './packets.ts'
import type { Recording } from './recording.ts'

/** Openings of the sentences on SD cards. */
const SENTENCE = /^(imei:|\*\*,imei:)/

export interface FileRecording extends Recording {
  /** In words. */
  kind: string
  /** When the file was written, in ms: what is known of the time where the recording says none. */
  writtenMs: number
}

/** `capturePort`: the trackers' port in packet captures. Throws an Error that says what is wrong. */
export function readRecording(path: string, capturePort: number): FileRecording {
  const file = readFileSync(path)
  const writtenMs = Math.floor(statSync(path).mtimeMs)
  if (isCapture(file)) return { ...readCapture(file, capturePort), kind: 'packet capture', writtenMs }
  const text = file.toString('latin1')
  const first = text.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#')) ?? ''
  if (SENTENCE.test(first.trim())) return { ...sdCard(file, basename(path), writtenMs), kind: 'SD card log', writtenMs }
  return { ...readLines(text, basename(path)), kind: 'text', writtenMs }
}

function sdCard(file: Uint8Array, name: string, writtenMs: number): Recording {
  const { frames, skipped } = sdCardFrames(file, writtenMs)
  return {
    chunks: frames.map(({ frame }) => ({
      flow: name,
      transport: TCP,
      remote: '',
      timeMs: NaN,
      bytes: frame,
      whole: true,
      last: false,
    })),
    skipped: skipped.map(({ line, reason }) => `line ${line}: ${reason}`),
  }
}
