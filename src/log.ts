/** The log: JSON lines, or readable ones on a terminal. */
import { pino, stdTimeFunctions, type Logger } from 'pino'
import pretty from 'pino-pretty'

export function createLogger({ level = 'info' } = {}): Logger {
  if (!process.stdout.isTTY) return pino({ base: null, level, timestamp: stdTimeFunctions.isoTime })
  return pino(
    { base: null, level },
    pretty({ colorize: true, translateTime: 'SYS:HH:MM:ss', sync: true, singleLine: true }),
  )
}
