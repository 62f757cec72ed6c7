/** `simulate`: a fleet against a running gateway. */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { Fleet, latencyText } from './fleet.ts'
import { TRACKER_PROTOCOLS } from './protocols.ts'

const USAGE = `A seeded fleet of simulated trackers against a running gateway.

  simulate [--host H] [--port N] [--transport tcp|udp|mixed] [--devices N] [--rate N] [--protocols a,b]
           [--seconds N] [--seed N] [--first-device N] [--truth FILE]

  --rate          fixes a second, of the whole fleet (default: one a device)
  --protocols     ${Object.keys(TRACKER_PROTOCOLS).join(', ')}, or all (default)
  --seed          the same seed drives the same routes (default 1)
  --first-device  number of the first device, so that two fleets differ (default 0)
  --truth         writes every fix as a line of JSON, to compare with what ClickHouse holds

Ends with 0 if every fix was acknowledged, else with 1.
`

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '8888' },
    transport: { type: 'string', default: 'mixed' },
    devices: { type: 'string', default: '100' },
    rate: { type: 'string' },
    protocols: { type: 'string', default: 'all' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    'first-device': { type: 'string', default: '0' },
    truth: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}

const names = values.protocols === 'all' ? Object.keys(TRACKER_PROTOCOLS) : values.protocols.split(',')
const checked = z
  .object({
    port: z.coerce.number().int().min(1).max(65535),
    transport: z.enum(['tcp', 'udp', 'mixed']),
    devices: z.coerce.number().int().min(1).max(1_000_000),
    rate: z.coerce.number().positive(),
    seconds: z.coerce.number().positive(),
    seed: z.coerce.number().int(),
    firstDevice: z.coerce.number().int().min(0),
    protocols: z.array(z.enum(Object.keys(TRACKER_PROTOCOLS) as [string, ...string[]])).min(1),
  })
  .safeParse({ ...values, rate: values.rate ?? values.devices, firstDevice: values['first-device'], protocols: names })
if (!checked.success) {
  for (const issue of checked.error.issues) process.stderr.write(`--${issue.path[0] as string}: ${issue.message}\n`)
  process.exit(2)
}

const { data: options } = checked
const fleet = new Fleet({
  ...options,
  host: values.host,
  truth: values.truth ?? null,
  protocols: options.protocols.map((name) => TRACKER_PROTOCOLS[name]),
})
process.once('SIGINT', () => fleet.stop())
process.once('SIGTERM', () => fleet.stop())
const progress = setInterval(report, 1000)
const complete = await fleet.run()
clearInterval(progress)
report()
process.stdout.write(
  complete
    ? 'Every fix was acknowledged.\n'
    : `${fleet.counts.made - fleet.counts.confirmed} fixes were not acknowledged.\n`,
)
process.exit(complete ? 0 : 1)

function report(): void {
  const { made, confirmed, resent, latencies } = fleet.counts
  process.stdout.write(
    `${made} fixes made, ${confirmed} acknowledged, ${resent} sent again; ack latency ${latencyText(latencies)}\n`,
  )
}
