/** R12: trackers whose acks got lost send records again, later, in another order, in other messages. */
import { expect } from 'bun:test'
import { TRACKER_PROTOCOLS } from '../../../src/simulator/protocols.ts'
import type { TrackerProtocol } from '../../../src/simulator/protocol.ts'
import type { Random } from '../../../src/simulator/random.ts'
import { Random as Seeded } from '../../../src/simulator/random.ts'
import { Vehicle, type SimulatedFix } from '../../../src/simulator/vehicle.ts'
import { startGatewayProcess } from '../../integration/gateway-process.ts'
import { seeded, type FaultTest } from './rounds.ts'
import { LedgerWatch, settled } from './truth.ts'

const AGAIN_SHARE = 0.3
const FIXES_SHORT = 60
const FIXES_PER_SECOND = 40

export const sentAgain: FaultTest = {
  id: 'R12',
  name: '30 % of the records sent again, shuffled, by every protocol',
  run: (options) =>
    seeded('R12', options, async (random) => {
      const gateway = await startGatewayProcess()
      const watch = new LedgerWatch(() => gateway.metrics())
      const fixesEach = Math.max(FIXES_SHORT, Math.round(options.seconds * FIXES_PER_SECOND))
      try {
        let [made, sent, device] = [0, 0, 0]
        for (const protocol of Object.values(TRACKER_PROTOCOLS))
          for (let each = 0; each < 4; each++) {
            const imei = String(861_000_000_000_000 + device++)
            const fixes = drive(protocol, random, fixesEach)
            const messages = messagesOf(protocol, random, fixes)
            made += fixes.length
            sent += messages.flat().length
            await report(gateway.port, protocol, imei, messages)
          }
        await settled(() => gateway.metrics())
        await watch.stop()
        const [{ rows, different }] = await gateway.query<{ rows: number; different: number }>(
          'SELECT count() AS rows, uniqExact(device_id, fix_time) AS different FROM waygate.fixes FINAL',
        )
        expect([Number(rows), Number(different)]).toEqual([made, made])
        // The ledger counts what was received, as often as it was.
        const [ledger] = await gateway.query<{ fixes: number; missing: number }>(
          'SELECT sum(fixes) AS fixes, sum(abs(missing)) AS missing FROM waygate.ledger',
        )
        expect([Number(ledger.fixes), Number(ledger.missing)]).toEqual([sent, 0])
        return `${made} fixes of ${device} trackers, ${sent} sent, ${rows} rows; ${watch.scrapes} scrapes`
      } finally {
        await gateway.remove()
      }
    }),
}

function drive(protocol: TrackerProtocol, random: Random, count: number): SimulatedFix[] {
  const vehicle = new Vehicle(new Seeded(random.whole(1, 1_000_000)))
  const start = Math.floor(Date.now() / 1000) * 1000 - count * 10_000
  return Array.from({ length: count }, (_, index) =>
    protocol.rounded(vehicle.drive(start + index * 10_000, 10, protocol.alarms)),
  )
}

/** All fixes once in order, then some again: shuffled and, where messages hold several, packed otherwise. */
function messagesOf(protocol: TrackerProtocol, random: Random, fixes: readonly SimulatedFix[]): SimulatedFix[][] {
  const pack = (list: SimulatedFix[]): SimulatedFix[][] => {
    const messages: SimulatedFix[][] = []
    while (list.length > 0) messages.push(list.splice(0, protocol.acksEachFix ? 1 : random.whole(1, 8)))
    return messages
  }
  const again = fixes.filter(() => random.chance(AGAIN_SHARE)).toSorted(() => random.between(-1, 1))
  return [...pack([...fixes]), ...pack(again)]
}

/** Sends everything without a look at the replies, and waits until the gateway has closed its side too. */
async function report(
  port: number,
  protocol: TrackerProtocol,
  imei: string,
  messages: SimulatedFix[][],
): Promise<void> {
  const closed = Promise.withResolvers<void>()
  const greeted = Promise.withResolvers<void>()
  const socket = await Bun.connect<undefined>({
    hostname: '127.0.0.1',
    port,
    socket: {
      data: () => greeted.resolve(),
      drain: () => {},
      end: () => closed.resolve(),
      close: () => closed.resolve(),
    },
  })
  const write = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) {
      at += Math.max(0, socket.write(bytes.subarray(at)))
      if (at < bytes.length) await Bun.sleep(1)
    }
  }
  let serial = 1
  await write(protocol.login(imei, serial++))
  await greeted.promise
  for (const fixes of messages) await write(protocol.report(imei, fixes, serial++))
  socket.shutdown()
  await closed.promise
}
