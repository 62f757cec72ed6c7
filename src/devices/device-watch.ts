/** Follows the device file: reads it at the start, and again whenever it changes. A wrong one leaves the last right one in force. */
import { readFileSync, statSync } from 'node:fs'
import type { Logger } from 'pino'
import { readDeviceFile, type FileError } from './device-file.ts'
import { DeviceList, type UnknownPolicy } from './device-list.ts'

/**
 * The file is asked this often. Editors and config maps replace files; a look at the path sees that too. What has changed is
 * read when it looks the same twice: before that it may be half written.
 */
const LOOK_MS = 500

/** The device file is wrong. */
export class DeviceFileWrong extends Error {
  constructor(
    path: string,
    readonly errors: readonly FileError[],
  ) {
    const lines = errors.map(({ line, text }) => `  ${line > 0 ? `line ${line}: ` : ''}${text}`)
    super(`The device file ${path} has ${errors.length} error(s):\n${lines.join('\n')}`)
  }
}

/** Reads the list; '' is no file. Throws DeviceFileWrong. */
export function loadDevices(path: string, unknown: UnknownPolicy): DeviceList {
  if (path === '') return new DeviceList([], unknown)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new DeviceFileWrong(path, [{ line: 0, text: `it cannot be read: ${(error as Error).message}` }])
  }
  const file = readDeviceFile(path, text)
  if (file.devices === null) throw new DeviceFileWrong(path, file.errors)
  return new DeviceList(file.devices, unknown)
}

export class DeviceWatch {
  private timer: Timer | undefined
  /** What the file looked like when it was read, and at the last look. */
  private read: string
  private seen: string
  /** What is in force. */
  list: DeviceList
  /** Why the file that is there is not in force, or ''. */
  trouble = ''

  /** Reads the file; throws DeviceFileWrong. */
  constructor(
    private readonly path: string,
    private readonly unknown: UnknownPolicy,
    private readonly log: Logger,
  ) {
    // A change during the reading must show later.
    this.read = this.seen = stampOf(path)
    this.list = loadDevices(path, unknown)
  }

  /** From here on `onChange` gets the list whenever it has changed. */
  start(onChange: (list: DeviceList) => void): void {
    if (this.path !== '') this.timer = setInterval(() => this.look(onChange), LOOK_MS)
  }

  stop(): void {
    clearInterval(this.timer)
    this.timer = undefined
  }

  /** Resolves when the file that is there was read, or nobody follows it. */
  async current(): Promise<void> {
    while (this.timer !== undefined && stampOf(this.path) !== this.read) await Bun.sleep(LOOK_MS)
  }

  private look(onChange: (list: DeviceList) => void): void {
    const stamp = stampOf(this.path)
    const isSettled = stamp === this.seen
    this.seen = stamp
    if (!isSettled || stamp === this.read) return
    this.read = stamp
    try {
      this.list = loadDevices(this.path, this.unknown)
    } catch (error) {
      this.trouble = (error as Error).message
      this.log.error({ path: this.path }, `${this.trouble}\nThe list of before stays in force.`)
      return
    }
    this.trouble = ''
    this.log.info({ path: this.path, devices: this.list.devices.length }, 'the device file was read again')
    onChange(this.list)
  }
}

/** What changes with the file; '' where there is none, or none that can be looked at: reading it then says why. */
function stampOf(path: string): string {
  try {
    const stat = statSync(path)
    return `${stat.ino} ${stat.size} ${stat.mtimeMs}`
  } catch {
    return ''
  }
}
