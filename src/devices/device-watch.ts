/** Follows the device file: reads it at the start, and again whenever it changes. A wrong one leaves the last right one in force. */
import { readFileSync, statSync } from 'node:fs'
import type { Logger } from 'pino'
import { readDeviceFile, type FileError } from './device-file.ts'
import { DeviceList, type UnknownPolicy } from './device-list.ts'

/** The file is asked this often. Editors and config maps replace files; a look at the path sees that too. */
const LOOK_MS = 1000

/** The device file is wrong. */
export class DeviceFileWrong extends Error {
  constructor(
    path: string,
    readonly errors: readonly FileError[],
  ) {
    super(
      `The device file ${path} has ${errors.length} error(s):\n${errors.map(({ line, text }) => `  line ${line}: ${text}`).join('\n')}`,
    )
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
  private seen: string
  /** Why the file that is there is not in force, or ''. */
  trouble = ''

  constructor(
    private readonly path: string,
    private readonly unknown: UnknownPolicy,
    /** What is in force. */
    public list: DeviceList,
    private readonly log: Logger,
    private readonly onChange: (list: DeviceList) => void,
  ) {
    this.seen = stampOf(path)
    if (path !== '') this.timer = setInterval(() => this.look(), LOOK_MS)
  }

  stop(): void {
    clearInterval(this.timer)
  }

  private look(): void {
    const stamp = stampOf(this.path)
    if (stamp === this.seen) return
    this.seen = stamp
    try {
      this.list = loadDevices(this.path, this.unknown)
    } catch (error) {
      this.trouble = (error as Error).message
      this.log.error({ path: this.path }, `${this.trouble}\nThe list of before stays in force.`)
      return
    }
    this.trouble = ''
    this.log.info({ path: this.path, devices: this.list.devices.length }, 'the device file was read again')
    this.onChange(this.list)
  }
}

/** What changes with the file; '' where there is none. */
function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : ''
}
