/** The log: JSON lines, or readable ones on a terminal. */
import { pino, stdTimeFunctions, type Logger } from 'pino'
import pretty from 'pino-pretty'

export function createLogger(): Logger {
  if (!process.stdout.isTTY) return pino({ base: null, timestamp: stdTimeFunctions.isoTime })
  return pino({ base: null }, pretty({ colorize: true, translateTime: 'SYS:HH:MM:ss', sync: true, singleLine: true }))
}
