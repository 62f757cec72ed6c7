/** Moves a gateway's clock by what a file says: loaded before it, with the path in FAULTS_CLOCK. */
import { readFileSync } from 'node:fs'

const LOOK_MS = 20
const path = process.env['FAULTS_CLOCK']!
const trueNow = Date.now.bind(Date)
let offsetMs = 0
Date.now = () => trueNow() + offsetMs
setInterval(() => {
  try {
    offsetMs = Number(readFileSync(path, 'utf8'))
  } catch {
    offsetMs = 0
  }
}, LOOK_MS).unref()
