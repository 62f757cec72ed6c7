/** Health, metrics and the webhook of SMS providers over HTTP: /healthz, /readyz, /metrics, /sms. */
import type { Registry } from 'prom-client'
import type { Troubles } from './listeners/listener.ts'
import { SMS_BODY_BYTES_MAX } from './sms/webhook.ts'
import { ListenError } from './listen-error.ts'

export type Readiness = () => Promise<Troubles>
export type Metrics = () => Promise<Registry>

/** Handles a call of an SMS provider. */
export type Sms = (request: Request) => Promise<Response>

export function serveHttp(
  host: string,
  port: number,
  metrics: Metrics,
  readiness: Readiness,
  sms: Sms,
): Bun.Server<undefined> {
  try {
    return serve(host, port, metrics, readiness, sms)
  } catch (error) {
    throw new ListenError('http', host, port, error as Error)
  }
}

function serve(host: string, port: number, metrics: Metrics, readiness: Readiness, sms: Sms): Bun.Server<undefined> {
  return Bun.serve({
    hostname: host,
    port,
    maxRequestBodySize: SMS_BODY_BYTES_MAX,
    development: false,
    // Outside development Bun shares a port by default: a second gateway would start silently.
    reusePort: false,
    error: () => new Response('an error of the gateway\n', { status: 500 }),
    routes: {
      '/sms': sms,
      '/healthz': () => new Response('ok\n'),
      '/readyz': async () => {
        const parts = await readiness()
        const ready = Object.values(parts).every((trouble) => trouble === '')
        const body = Object.fromEntries(
          Object.entries(parts).map(([part, trouble]) => [part, trouble === '' ? 'ok' : trouble]),
        )
        return Response.json({ ready, ...body }, { status: ready ? 200 : 503 })
      },
      '/metrics': async () => {
        const registry = await metrics()
        return new Response(await registry.metrics(), { headers: { 'Content-Type': registry.contentType } })
      },
    },
    fetch: () => new Response('see /healthz, /readyz and /metrics; POST /sms\n', { status: 404 }),
  })
}
