/** Every suite of the hot path. */
import ais140 from './codecs.ais140.bench.ts'
import atrack from './codecs.atrack.bench.ts'
import cantrack from './codecs.cantrack.bench.ts'
import flextrack from './codecs.flextrack.bench.ts'
import gps103 from './codecs.gps103.bench.ts'
import gt06 from './codecs.gt06.bench.ts'
import jt808 from './codecs.jt808.bench.ts'
import recognition from './codecs.recognise.bench.ts'
import hotPath from './hot-path.bench.ts'
import net from './net.intake.bench.ts'
import tk103 from './codecs.tk103.bench.ts'
import watch from './codecs.watch.bench.ts'
import type { Task } from './suite.ts'
import journal from './storage.journal.bench.ts'
import columns from './workers.columns.bench.ts'
import workers from './workers.decode.bench.ts'

export const TASKS: readonly Task[] = [
  gt06,
  ais140,
  atrack,
  gps103,
  tk103,
  flextrack,
  cantrack,
  jt808,
  watch,
  hotPath,
  recognition,
  net,
  journal,
  columns,
  workers,
].flat()
