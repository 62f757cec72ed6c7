/** A server that sends back what it gets, and nothing else: the least that a gateway on Bun must do. Prints its port. */
import { argv, stdout } from 'node:process'

const udp = argv[2] === 'udp'
if (udp) {
  const socket = await Bun.udpSocket({
    hostname: '127.0.0.1',
    port: 0,
    socket: { data: (self, bytes, port, address) => void self.send(bytes, port, address) },
  })
  stdout.write(`${socket.port}\n`)
} else {
  const listener = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: { data: (socket, bytes) => void socket.write(bytes) },
  })
  stdout.write(`${listener.port}\n`)
}
