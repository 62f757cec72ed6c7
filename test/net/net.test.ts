import type { Admission } from '../../src/devices/device-list.ts'
import { afterEach, expect, test } from 'bun:test'
import { createConnection } from 'node:net'
import { pino } from 'pino'
import { FRAME, REJECT, SESSION } from '../../src/codecs/frame-record.ts'
import type { Codec } from '../../src/codecs/codec.ts'
import type { Batch } from '../../src/net/batch.ts'
import { ListenError } from '../../src/listen-error.ts'
import { Net, type NetOptions } from '../../src/net/net.ts'
import type { Session } from '../../src/net/session.ts'
import { FakeJournal } from './fake-journal.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { lineCodec } from './line-codec.ts'

const silent = pino({ level: 'silent' })
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

type Admit = (claimed: string) => Admission

async function start(
  change: {
    limits?: Partial<NetOptions['limits']>
    commit?: Partial<NetOptions['commit']>
    port?: number
    admit?: Admit
    codec?: Codec
  } = {},
) {
  const journal = new FakeJournal()
  const batches: Batch[] = []
  const failures: Error[] = []
  const options: NetOptions = {
    host: '127.0.0.1',
    port: change.port ?? 0,
    tcp: true,
    udp: true,
    listeners: 1,
    limits: { connections: 100, connectionsPerIp: 50, idleTimeoutMs: 60_000, loginTimeoutMs: 60_000, ...change.limits },
    commit: { batchBytes: 1 << 20, batchMs: 20, commitMs: 0, frameBytes: 65_536, durable: true, ...change.commit },
  }
  const net = new Net(
    [change.codec ?? lineCodec],
    journal,
    options,
    silent,
    change.admit ?? ((id) => ({ id, verdict: 'accept' })),
    (batch) => batches.push(batch),
    (error) => failures.push(error),
  )
  const port = await net.listen()
  cleanups.push(() => net.stop())
  return { net, journal, batches, failures, port }
}

/** A client that collects what it gets. */
async function connect(port: number, localAddress?: string) {
  const client = { text: '', ended: false, socket: null as unknown as Bun.Socket<undefined> }
  client.socket = await Bun.connect<undefined>({
    hostname: '127.0.0.1',
    port,
    ...(localAddress ? { localAddress } : {}),
    socket: {
      data: (_, chunk) => void (client.text += chunk.toString('latin1')),
      end: () => void (client.ended = true),
      close: () => void (client.ended = true),
      error: () => {},
    },
  })
  cleanups.push(() => client.socket.end())
  return client
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (condition()) return
    await Bun.sleep(5)
  }
  throw new Error(`never happened: ${what}`)
}

test('net: frames are journaled with device, address and session state, and acknowledged', async () => {
  const { journal, port, batches } = await start()
  const client = await connect(port)
  client.socket.write('#123\n!a\n!b\n')
  await until(() => client.text === 'ok\n!a\n!b\n', 'acks')
  const records = journal.records()
  expect(records.map((record) => record.payload)).toEqual(['#123\n', '!a\n', '!b\n'])
  expect(records.map((record) => record.device)).toEqual(['123', '123', '123'])
  expect(records.map((record) => record.state)).toEqual([0, 0, 1])
  expect(records[0]!.remote).toBe(`127.0.0.1:${client.socket.localPort}`)
  await until(() => batches.length === 1, 'the batch is handed over')
  expect(batches[0]).toMatchObject({ firstEntry: 1, lastEntry: journal.entries.length })
})

test('net: no ack leaves before its frame is in the journal', async () => {
  const { journal, port } = await start()
  const client = await connect(port)
  let release = () => {}
  journal.hold = new Promise((resolve) => (release = resolve))
  client.socket.write('#1\n!a\n')
  await Bun.sleep(50)
  expect(client.text).toBe('')
  release()
  await until(() => client.text === 'ok\n!a\n', 'acks after the commit')
})

test('net: acks of frames that come during a commit wait for the next one', async () => {
  const { journal, port } = await start()
  const client = await connect(port)
  client.socket.write('#1\n')
  await until(() => client.text === 'ok\n', 'login')
  let release = () => {}
  journal.hold = new Promise((resolve) => (release = resolve))
  client.socket.write('!a\n')
  await Bun.sleep(20)
  client.socket.write('!b\n')
  await Bun.sleep(20)
  let releaseSecond = () => {}
  const first = release
  journal.hold = new Promise((resolve) => (releaseSecond = resolve))
  first()
  await until(() => client.text === 'ok\n!a\n', 'the first ack')
  await Bun.sleep(20)
  expect(client.text).toBe('ok\n!a\n')
  releaseSecond()
  await until(() => client.text === 'ok\n!a\n!b\n', 'the second ack')
})

test('net: with ack = "received" acks do not wait', async () => {
  const { journal, port } = await start({ commit: { durable: false } })
  journal.hold = new Promise(() => {})
  const client = await connect(port)
  client.socket.write('#1\n!a\n')
  await until(() => client.text === 'ok\n!a\n', 'acks')
  journal.hold = Promise.resolve()
  cleanups.pop()
  cleanups.pop() // the held commit never ends, so stop() would wait for it
})

test('net: a journal that fails ends the gateway and withholds the acks', async () => {
  const { journal, port, failures } = await start()
  journal.error = new Error('EIO')
  const client = await connect(port)
  client.socket.write('#1\n')
  await until(() => failures.length === 1, 'failure')
  await Bun.sleep(20)
  expect(client.text).toBe('')
})

test('net: cut anywhere, a stream gives the same frames and acks', async () => {
  const { journal, port, net } = await start()
  const stream = '#77\n!hello\n!world\n'
  for (let cut = 1; cut < stream.length; cut++) {
    const client = await connect(port)
    client.socket.write(stream.slice(0, cut))
    client.socket.flush()
    await Bun.sleep(2)
    client.socket.write(stream.slice(cut))
    await until(() => client.text === 'ok\n!hello\n!world\n', `acks after a cut at ${cut}`)
    client.socket.end()
  }
  expect(journal.payloads(FRAME).filter((payload) => payload === '!world\n').length).toBe(stream.length - 1)
  expect(journal.payloads(REJECT)).toEqual([])
  expect(net.counters.windowBytes[0]).toBe(0)
})

test('net: garbage between frames is a reject with its reason, and the stream goes on', async () => {
  const { journal, port, net } = await start()
  const client = await connect(port)
  client.socket.write('#1\nxyz!a\n\r\n!b\n')
  await until(() => client.text.endsWith('!b\n'), 'the frame behind the garbage')
  const rejects = journal.records().filter((record) => record.kind === REJECT)
  expect(rejects.map((record) => [record.reason, record.payload])).toEqual([['garbage', 'xyz']])
  expect(net.counters.resyncs[0]).toBe(1)
  expect(net.counters.paddingBytes[0]).toBe(2)
})

test('net: bytes that nobody recognises are kept, and the connection is closed', async () => {
  const { journal, port, net } = await start()
  for (const [text, reason] of [
    ['hello', 'unknown_protocol'],
    ['GET / HTTP/1.1\r\n\r\n', 'not_a_tracker'],
    ['\x16\x03\x01', 'not_a_tracker'],
  ] as const) {
    const client = await connect(port)
    client.socket.write(Buffer.from(text, 'latin1'))
    await until(() => client.ended, 'closed')
    await until(() => net.counters.closed.get(reason) !== undefined, reason)
    expect(journal.records().findLast((record) => record.reason === reason)!.payload).toBe(text)
  }
})

test('net: too few bytes to recognise are waited for', async () => {
  const { port } = await start()
  const client = await connect(port)
  client.socket.write('#')
  client.socket.flush()
  await Bun.sleep(20)
  expect(client.ended).toBe(false)
  client.socket.write('5\n')
  await until(() => client.text === 'ok\n', 'login')
})

test('net: a line without end is given up at frame_bytes, and its memory with it', async () => {
  const { journal, port, net } = await start({ commit: { frameBytes: 4096 } })
  const client = await connect(port)
  client.socket.write('#1\n')
  await until(() => client.text === 'ok\n', 'login')
  const piece = `!${'x'.repeat(1500)}`
  client.socket.write(piece)
  client.socket.flush()
  for (let sent = 0; sent < 10 && !client.ended; sent++) {
    client.socket.write('x'.repeat(1500))
    client.socket.flush()
    await Bun.sleep(5)
  }
  await until(() => client.ended, 'closed')
  await until(() => net.counters.closed.get('too_long') === 1, 'the reason')
  expect(
    journal
      .records()
      .filter((record) => record.kind === REJECT)
      .every((record) => record.reason === 'too_long'),
  ).toBe(true)
})

test('net: a healthy session is not affected by a neighbour that sends a megabyte of noise', async () => {
  const { port } = await start()
  const healthy = await connect(port)
  healthy.socket.write('#1\n')
  await until(() => healthy.text === 'ok\n', 'login')
  const noise = await connect(port)
  noise.socket.write(crypto.getRandomValues(new Uint8Array(65_536)))
  for (let frame = 0; frame < 20; frame++) healthy.socket.write(`!${frame}\n`)
  await until(() => healthy.text.endsWith('!19\n'), 'acks')
})

test('net: every received byte is in exactly one counter', async () => {
  const { port, net } = await start()
  const client = await connect(port)
  client.socket.write('\r\n#1\n!a\nzz!b\n\n\n!unfinished')
  await until(() => client.text.endsWith('!b\n'), 'acks')
  const { receivedBytes, frameBytes, rejectBytes, paddingBytes, windowBytes } = net.counters
  expect(windowBytes[0]).toBe(11)
  expect(receivedBytes[0]).toBe(frameBytes[0]! + rejectBytes[0]! + paddingBytes[0]! + windowBytes[0]!)
  client.socket.end()
  await until(() => windowBytes[0] === 0, 'the window is emptied')
  expect(receivedBytes[0]).toBe(frameBytes[0]! + rejectBytes[0]! + paddingBytes[0]!)
})

test('net: a tracker that sends FIN behind its last frame still gets the ack', async () => {
  const { port } = await start()
  const client = await connect(port)
  client.socket.write('#1\n!last\n')
  client.socket.shutdown()
  await until(() => client.text === 'ok\n!last\n', 'acks')
  await until(() => client.ended, 'the gateway closes too')
})

test('net: an ended connection leaves a session record', async () => {
  const { journal, port } = await start()
  const client = await connect(port)
  client.socket.write('#42\n!a\n')
  await until(() => client.text === 'ok\n!a\n', 'acks')
  client.socket.end()
  await until(() => journal.records().some((record) => record.kind === SESSION), 'session record')
  expect(journal.records().find((record) => record.kind === SESSION)!.device).toBe('42')
})

test('net: connections beyond the limits are closed and counted', async () => {
  const { port, net } = await start({ limits: { connections: 2 } })
  const first = await connect(port)
  const second = await connect(port)
  const third = await connect(port)
  await until(() => third.ended, 'the third is refused')
  expect(net.counters.closed.get('limit_connections')).toBe(1)
  first.socket.write('#1\n')
  second.socket.write('#2\n')
  await until(() => first.text === 'ok\n' && second.text === 'ok\n', 'the others live')
})

test('net: connections of one address beyond the limit are closed and counted', async () => {
  const { port, net } = await start({ limits: { connectionsPerIp: 1 } })
  await connect(port)
  const second = await connect(port)
  await until(() => second.ended, 'refused')
  expect(net.counters.closed.get('limit_connections_per_ip')).toBe(1)
})

test('net: silence and a missing login end a connection', async () => {
  const { port, net } = await start({ limits: { idleTimeoutMs: 1500, loginTimeoutMs: 300 } })
  const mute = await connect(port)
  const idle = await connect(port)
  idle.socket.write('#1\n')
  await until(() => mute.ended, 'login timeout')
  expect(net.counters.closed.get('login_timeout')).toBe(1)
  expect(idle.ended).toBe(false)
  await Bun.sleep(1500)
  await until(() => idle.ended, 'idle timeout')
  expect(net.counters.closed.get('idle_timeout')).toBe(1)
})

test('net: a client that takes its acks slowly gets every byte once and in order', async () => {
  const { port } = await start()
  const frames = Array.from({ length: 600 }, (_, index) => `!${index}-${'y'.repeat(80)}\n`)
  const client = await connect(port)
  client.socket.write('#1\n')
  await until(() => client.text === 'ok\n', 'login')
  client.socket.pause()
  for (const frame of frames) client.socket.write(frame)
  client.socket.flush()
  await Bun.sleep(100)
  client.socket.resume()
  await until(() => client.text.length >= 3 + frames.join('').length, 'all acks')
  expect(client.text).toBe(`ok\n${frames.join('')}`)
})

test('net: acks that the socket does not take are kept, and sent on drain, every byte once and in order', async () => {
  const { port, net } = await start()
  const client = createConnection(port, '127.0.0.1')
  cleanups.push(() => client.destroy())
  const received: Buffer[] = []
  client.on('data', (chunk: Buffer) => void received.push(chunk))
  client.write('#1\n')
  await until(() => Buffer.concat(received).toString() === 'ok\n', 'login')
  const [session] = sessionsOf(net).tcp
  client.pause()
  let sent = ''
  for (let frame = 0; session!.acksWaiting === 0 && frame < 20_000; frame += 16) {
    const frames = Array.from({ length: 16 }, (_, index) => `!${frame + index}-${'y'.repeat(1000)}\n`).join('')
    sent += frames
    client.write(frames)
    await until(() => net.counters.frames[0] === 1 + frame + 16, 'frames are taken')
    await until(() => session!.acksWaiting === 0 || session!.ackSent > 0, 'the kernel took what it could').catch(
      () => {},
    )
  }
  expect(session!.acksWaiting).toBeGreaterThan(0)
  client.resume()
  await until(() => received.reduce((sum, chunk) => sum + chunk.length, 0) >= 3 + sent.length, 'all acks')
  expect(Buffer.concat(received).toString() === `ok\n${sent}`).toBe(true)
  expect(session!.acksWaiting).toBe(0)
}, 30_000)

test('net: a connection that claims one device after another leaves only the last behind, and none when it ends', async () => {
  const { port, net } = await start()
  const client = await connect(port)
  for (let id = 1; id <= 200; id++) client.socket.write(`#${id}\n`)
  await until(() => client.text.length === 600, 'logins')
  expect(sessionsOf(net).byDevice.size).toBe(1)
  client.socket.end()
  await until(() => sessionsOf(net).byDevice.size === 0, 'nothing is left')
})

test('net: when there are too many UDP peers, the one that came first makes room', async () => {
  const { port, net } = await start({ limits: { connections: 2 } })
  const peers: Awaited<ReturnType<typeof udpClient>>[] = []
  for (let id = 1; id <= 3; id++) {
    const peer = await udpClient(port)
    peer.socket.send(`#${id}\n`)
    await until(() => peer.got.length === 1, 'login')
    peers.push(peer)
  }
  expect(net.counters.sessions[1]).toBe(2)
  peers[2]!.socket.send('#3\n!a\n')
  await until(() => peers[2]!.got.length === 2, 'the last one lives')
  expect(net.counters.closed.get('evicted')).toBe(1)
})

/** Sessions as net sees them, for what no counter tells. */
const sessionsOf = (net: Net) =>
  (net as unknown as { sessions: { tcp: Set<Session>; byDevice: Map<string, Session> } }).sessions

async function udpClient(port: number) {
  const got: string[] = []
  const socket = await Bun.udpSocket({
    connect: { hostname: '127.0.0.1', port },
    socket: { data: (_, bytes) => void got.push(bytes.toString('latin1')) },
  })
  cleanups.push(() => socket.close())
  return { socket, got }
}

test('net: UDP binds by remote address, and answers each datagram with one', async () => {
  const { port, journal } = await start()
  const { socket, got } = await udpClient(port)
  socket.send('#9\n')
  socket.send('#9\n!a\n!b\n')
  await until(() => got.length === 2, 'replies')
  expect(got).toEqual(['ok\n', 'ok\n!a\n!b\n'])
  expect(journal.records().every((record) => record.device === '9')).toBe(true)
})

test('net: a datagram that its protocol cannot open with does not cost a peer its session', async () => {
  const { port, journal } = await start()
  const { socket, got } = await udpClient(port)
  socket.send('#9\n')
  await until(() => got.length === 1, 'login')
  socket.send('\r\n!a\n')
  socket.send('noise!b\n')
  await until(() => got.length === 3, 'replies')
  expect(journal.payloads(FRAME)).toEqual(['#9\n', '!a\n', '!b\n'])
})

test('net: a reply longer than the first datagram of a UDP peer is withheld, and sent once the peer is known', async () => {
  const greeting = 'welcome'
  const { port, net, journal } = await start({
    codec: {
      ...lineCodec,
      ack: (bytes, start, _end, _receivedMs, reply, at) => {
        if (bytes[start] !== '#'.charCodeAt(0)) return 0
        reply.set(Buffer.from(greeting), at)
        return greeting.length
      },
    },
  })
  const { socket, got } = await udpClient(port)
  socket.send('#12\n')
  await until(() => journal.payloads(FRAME).length === 1, 'the frame is kept')
  await until(() => net.counters.withheldReplies === 1, 'the reply is withheld')
  socket.send('#12\n')
  await until(() => got.length === 1, 'the peer is known now')
  const other = await udpClient(port)
  other.socket.send('#1234567\n')
  await until(() => other.got.length === 1, 'as long as the datagram is not too long')
  expect([...got, ...other.got]).toEqual([greeting, greeting])
  expect(net.counters.withheldReplies).toBe(1)
  expect(net.counters.ackBytes[1]).toBe(2 * greeting.length)
})

test('net: a read with more runs of garbage than a tracker sends is given up', async () => {
  const { port, journal, net } = await start()
  const client = await connect(port)
  client.socket.write(`#1\n${'?#1\n'.repeat(200)}`)
  await until(() => client.text === 'ok\n'.repeat(201), 'logins between garbage')
  client.socket.write(`${'?#1\n'.repeat(400)}`)
  await until(() => client.ended, 'closed')
  const frames = journal.payloads(FRAME).length
  expect(frames).toBeLessThanOrEqual(201 + 257)
  expect(net.counters.closed.get('garbage')).toBe(1)
  expect(net.counters.receivedBytes[0]).toBe(4 * 601 - 1)
  expect(net.counters.frameBytes[0]! + net.counters.rejectBytes[0]! + net.counters.paddingBytes[0]!).toBe(4 * 601 - 1)
})

test('net: a UDP socket still receives after an ICMP error', async () => {
  const { port } = await start()
  const gone = await udpClient(port)
  gone.socket.send('#9\n')
  gone.socket.close() // its reply meets a closed port
  await Bun.sleep(50)
  const { socket, got } = await udpClient(port)
  for (let index = 0; index < 3; index++) {
    socket.send('#10\n')
    await Bun.sleep(20)
  }
  await until(() => got.length === 3, 'replies')
})

test('net: datagrams that nobody recognises are kept as rejects and get no reply', async () => {
  const { port, journal, net } = await start()
  const { socket, got } = await udpClient(port)
  socket.send('what')
  socket.send('#')
  await until(() => journal.payloads(REJECT).length === 2, 'rejects')
  expect(got).toEqual([])
  expect(net.counters.sessions[1]).toBe(0)
})

test('net: while the journal is full nothing is read or acknowledged, and it recovers', async () => {
  const { port, journal, net } = await start()
  const client = await connect(port)
  client.socket.write('#1\n')
  await until(() => client.text === 'ok\n', 'login')
  journal.full = true
  client.socket.write('!a\n')
  await until(() => net.paused, 'paused')
  client.socket.write('!b\n')
  const { socket, got } = await udpClient(port)
  socket.send('#2\n')
  await until(() => net.counters.droppedDatagrams === 1, 'the datagram is dropped')
  await Bun.sleep(50)
  expect(client.text).toBe('ok\n')
  journal.full = false
  await until(() => client.text === 'ok\n!a\n!b\n', 'acks')
  expect(got).toEqual([])
})

test('net: what found no room on the disk is acknowledged when there is room, in order and once', async () => {
  const { port, journal, net } = await start()
  const client = await connect(port)
  client.socket.write('#1\n')
  await until(() => client.text === 'ok\n', 'login')
  journal.refusals = 3
  client.socket.write('!a\n')
  await until(() => net.paused, 'paused')
  client.socket.write('!b\n')
  await Bun.sleep(50)
  expect(client.text).toBe('ok\n')
  for (journal.full = false; journal.refusals > 0; journal.full = false) await Bun.sleep(20)
  await until(() => client.text === 'ok\n!a\n!b\n', 'acks')
  expect(net.paused).toBe(false)
  expect(journal.payloads(FRAME)).toEqual(['#1\n', '!a\n', '!b\n'])
})

test('net: a stop while the journal is full still commits what was received', async () => {
  const { net, journal, port } = await start()
  const client = await connect(port)
  client.socket.write('#1\n')
  await until(() => client.text === 'ok\n', 'login')
  journal.full = true
  client.socket.write('!last\n')
  await until(() => net.paused, 'paused')
  cleanups.length = 0
  await net.stop()
  expect(journal.payloads(FRAME)).toEqual(['#1\n', '!last\n'])
  await until(() => client.text === 'ok\n!last\n', 'the last ack')
})

test('net: a port in use is a clear error', async () => {
  const { port } = await start()
  await expect(start({ port })).rejects.toThrow(ListenError)
  await expect(start({ port })).rejects.toThrow(/in use/)
})

test('net: stop commits what was received, writes session records and sends the last acks', async () => {
  const { net, journal, port, batches } = await start({ commit: { commitMs: 200 } })
  const client = await connect(port)
  client.socket.write('#1\n')
  await until(() => client.text === 'ok\n', 'login')
  client.socket.write('!last\n')
  await until(() => net.counters.frames[0] === 2, 'received')
  cleanups.length = 0
  await net.stop()
  await until(() => client.text === 'ok\n!last\n', 'the last ack')
  expect(journal.payloads(FRAME)).toEqual(['#1\n', '!last\n'])
  expect(journal.payloads(SESSION).length).toBe(1)
  expect(batches.reduce((sum, batch) => sum + batch.used, 0)).toBe(
    journal.entries.reduce((sum, entry) => sum + entry.length, 0),
  )
})

test('net: a device that may not come in gets no ack, its frame is a reject, its connection ends', async () => {
  const { journal, port, net } = await start({ admit: (id) => ({ id, verdict: id === '1' ? 'reject' : 'accept' }) })
  const refused = await connect(port)
  refused.socket.write('#1\n!a\n!b\n')
  const accepted = await connect(port)
  accepted.socket.write('#2\n!c\n')
  await until(() => refused.ended && accepted.text === 'ok\n!c\n', 'one is refused, the other acknowledged')
  expect(refused.text).toBe('')
  const rejects = journal.records().filter((record) => record.kind === REJECT)
  expect(rejects.map(({ device, payload, reason }) => [device, payload, reason])).toEqual([
    ['1', '#1\n', 'unknown_device'],
  ])
  expect(
    journal
      .records()
      .filter((record) => record.kind === FRAME)
      .map(({ payload }) => payload),
  ).toEqual(['#2\n', '!c\n'])
  expect(net.counters.closed.get('unknown_device')).toBe(1)
  const { receivedBytes, frameBytes, rejectBytes } = net.counters
  expect(receivedBytes[0]).toBe(frameBytes[0]! + rejectBytes[0]!)
})

test('net: over UDP a device that may not come in gets no reply', async () => {
  const { journal, port } = await start({ admit: (id) => ({ id, verdict: id === '1' ? 'reject' : 'accept' }) })
  const replies: string[] = []
  const socket = await Bun.udpSocket({
    connect: { hostname: '127.0.0.1', port },
    socket: { data: (_, bytes) => void replies.push(bytes.toString()) },
  })
  cleanups.push(() => socket.close())
  socket.send('#1\n!a\n')
  socket.send('#2\n')
  await until(() => replies.length > 0, 'a reply')
  await Bun.sleep(20)
  expect(replies).toEqual(['ok\n'])
  expect(journal.records().map(({ payload, kind }) => [payload, kind])).toEqual([
    ['#1\n', REJECT],
    ['#2\n', FRAME],
  ])
})

test('net: an alias is stored as the device it is, and stays bound to it', async () => {
  const { journal, port } = await start({ admit: (id) => ({ id: id === '77' ? '1' : id, verdict: 'accept' }) })
  const client = await connect(port)
  client.socket.write('#77\n!a\n#77\n!b\n')
  await until(() => client.text === 'ok\n!a\nok\n!b\n', 'acks')
  const records = journal.records()
  expect(records.map(({ device }) => device)).toEqual(['1', '1', '1', '1'])
  expect(records.map(({ state }) => state)).toEqual([0, 0, 1, 1])
})

test('net: frames in quarantine are acknowledged and marked, until the device is listed', async () => {
  let verdict: Admission['verdict'] = 'quarantine'
  const { journal, port, net } = await start({ admit: (id) => ({ id, verdict }) })
  const client = await connect(port)
  client.socket.write('#5\n!a\n')
  await until(() => client.text === 'ok\n!a\n', 'acks in quarantine')
  verdict = 'accept'
  net.devicesChanged([lineCodec])
  client.socket.write('!b\n')
  await until(() => client.text === 'ok\n!a\n!b\n', 'ack once listed')
  expect(journal.records().map(({ quarantined, state }) => [quarantined, state])).toEqual([
    [true, 0],
    [true, 0],
    [false, 1],
  ])
  verdict = 'reject'
  net.devicesChanged([lineCodec])
  await until(() => client.ended, 'a device that is listed no more is let go')
})

test('net: a reload of the devices does not turn the live connection of a device into the old one', async () => {
  const { port, net } = await start()
  const older = await connect(port)
  older.socket.write('#5\n')
  await until(() => older.text === 'ok\n', 'the first login')
  const newer = await connect(port)
  newer.socket.write('#5\n')
  await until(() => newer.text === 'ok\n', 'the second login')
  const superseded = () => [...net.liveSessions()].map(({ port: from, superseded: gone }) => [from, gone])
  const before = superseded()
  expect(before).toContainEqual([older.socket.localPort, true])
  net.devicesChanged([lineCodec])
  expect(superseded()).toEqual(before)
})

test('net: a UDP peer that was refused once is heard again in full', async () => {
  const { journal, port } = await start({ admit: (id) => ({ id, verdict: id === '1' ? 'reject' : 'accept' }) })
  const socket = await Bun.udpSocket({ connect: { hostname: '127.0.0.1', port }, socket: { data: () => {} } })
  cleanups.push(() => socket.close())
  for (const datagram of ['#2\n', '#1\n!x\n', '#2\n!a\n!b\n!c\n']) {
    socket.send(datagram)
    await Bun.sleep(30)
  }
  await until(() => journal.payloads(FRAME).length >= 5, 'all frames of the listed device')
  expect(journal.payloads(FRAME)).toEqual(['#2\n', '#2\n', '!a\n', '!b\n', '!c\n'])
})

test('net: a line torn by a reset is a reject; a line whose tracker closed the connection behind it is a frame', async () => {
  const gps103 = createCodecs(codecOptions.parse({})).find(({ name }) => name === 'gps103')
  const { journal, port } = await start({ codec: gps103! })
  const line = 'imei:864893031234567,tracker,2603140900,,F,090000.000,A,4021.7730,N,02955.0017,E,0.00,0'
  const torn = await connect(port)
  torn.socket.write(line.slice(0, 70))
  await Bun.sleep(30)
  torn.socket.terminate()
  await until(() => journal.payloads(REJECT).length === 1, 'the torn line is a reject')
  const closed = await connect(port)
  closed.socket.write(line)
  closed.socket.end()
  await until(() => journal.payloads(FRAME).length === 1, 'the whole line is a frame')
  expect(journal.records().map(({ kind, reason, payload }) => [kind, reason, payload])).toEqual([
    [REJECT, 'incomplete', line.slice(0, 70)],
    [SESSION, '', expect.any(String)],
    [FRAME, '', line],
    [SESSION, '', expect.any(String)],
  ])
})

test('net: a codec that throws costs its own connection what it had sent, and nobody else anything', async () => {
  const bug: Codec = {
    ...lineCodec,
    split: (bytes, start, end, silentMs) => {
      if (bytes[start + 1] === 0x78) throw new Error('a bug')
      return lineCodec.split(bytes, start, end, silentMs)
    },
  }
  const { journal, port, net } = await start({ codec: bug })
  const [bad, good] = [await connect(port), await connect(port)]
  bad.socket.write('#1\n!a\n!x\n!b\n')
  good.socket.write('#2\n!c\n')
  await until(() => bad.ended && good.text === 'ok\n!c\n', 'one is let go, the other goes on')
  expect(bad.text).toBe('ok\n!a\n')
  expect(journal.payloads(REJECT)).toEqual(['!x\n!b\n'])
  const { receivedBytes, frameBytes, rejectBytes } = net.counters
  expect(receivedBytes[0]).toBe(frameBytes[0]! + rejectBytes[0]!)
})

test('net: a journal that is full of nothing but the batch at hand takes its rest', async () => {
  const { journal, port, batches } = await start({ commit: { batchMs: 60_000 } })
  const client = await connect(port)
  client.socket.write('#1\n')
  await until(() => client.text === 'ok\n', 'the first part is on disk')
  journal.doneEntry = 0
  Object.defineProperty(journal, 'full', { get: () => true, set: () => {} })
  client.socket.write('!a\n')
  await until(() => client.text === 'ok\n!a\n', 'the rest is taken')
  expect(batches).toEqual([])
})
