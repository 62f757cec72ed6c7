/** Reads the configuration file for a command; a wrong one ends the process with 2 and every error. */
import { existsSync, readFileSync } from 'node:fs'
import { readConfig, type Config } from './config.ts'

const DEFAULT_FILE = 'config.toml'

/** The configuration in `path`, or in config.toml, or the defaults where there is none. */
export function loadConfig(path: string | undefined): Config {
  const file = path ?? DEFAULT_FILE
  if (path !== undefined && !existsSync(path)) return refuse(`There is no configuration file ${path}.`)
  const result = readConfig(existsSync(file) ? readFileSync(file, 'utf8') : '', process.env)
  if (result.config) return result.config
  const lines = result.errors.map(({ key, found, expected }) => `  ${key}: found ${found}, expected ${expected}`)
  return refuse(
    `The configuration (${file} and WAYGATE_… variables) has ${lines.length} error(s):\n${lines.join('\n')}`,
  )
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}
