/**
 * A gateway whose disk fails: as src/main.ts starts it, but the sync whose number is in FAILING_SYNC, and none
 * before it, ends with an I/O error.
 */
import { readConfig } from '../../src/config.ts'
import { startGateway } from '../../src/gateway.ts'
import { createLogger } from '../../src/log.ts'
import { DISK, type Files } from '../../src/storage/files.ts'

const { FAILING_SYNC, ...environment } = process.env
let left = Number(FAILING_SYNC)
const files: Files = {
  ...DISK,
  prefills: false, // what fails is a sync that an ack waits for
  sync: (file) => (--left === 0 ? Promise.reject(new Error('EIO: i/o error, fdatasync')) : DISK.sync(file)),
}
const log = createLogger()
const fail = (error: Error) => {
  log.fatal(error.message)
  process.exit(1)
}
const { config } = readConfig('', environment)
await startGateway(config!, log, fail, files).catch(fail)
