/** Health and metrics over HTTP: /healthz, /readyz, /metrics. */
import type { Registry } from 'prom-client'
import { ListenError } from './listen-error.ts'

/** What readiness depends on; each is '' when good, else what is wrong. */
export type Readiness = () => Record<'listening' | 'journal' | 'clickhouse', string>

export function serveHttp(host: string, port: number, metrics: Registry, readiness: Readiness): Bun.Server<undefined> {
  try {
    return serve(host, port, metrics, readiness)
  } catch (error) {
    throw new ListenError('http', host, port, error as Error)
  }
}

function serve(host: string, port: number, metrics: Registry, readiness: Readiness): Bun.Server<undefined> {
  return Bun.serve({
    hostname: host,
    port,
    routes: {
      '/healthz': () => new Response('ok\n'),
      '/readyz': () => {
        const parts = readiness()
        const ready = Object.values(parts).every((trouble) => trouble === '')
        const body = Object.fromEntries(
          Object.entries(parts).map(([part, trouble]) => [part, trouble === '' ? 'ok' : trouble]),
        )
        return Response.json({ ready, ...body }, { status: ready ? 200 : 503 })
      },
      '/metrics': async () =>
        new Response(await metrics.metrics(), { headers: { 'Content-Type': metrics.contentType } }),
    },
    fetch: () => new Response('see /healthz, /readyz and /metrics\n', { status: 404 }),
  })
}
