/** Networks that SUT units report from. Off the hot path: asked for datagrams that no codec recognises. */
import { BlockList, isIP } from 'node:net'

const NETWORK = /^([0-9a-fA-F.:]+)\/([0-9]{1,3})$/

/** Bits of the prefix of `<address>/<bits>`, or -1 if the text is no network. */
export const prefixOf = (network: string): number => {
  const found = NETWORK.exec(network)
  const family = found ? isIP(found[1]) : 0
  const bits = Number(found?.[2])
  return family === 0 || bits > (family === 4 ? 32 : 128) ? -1 : bits
}

/** A test for remote addresses. IPv4 may come as IPv6 (`::ffff:192.0.2.1`). */
export const networkTest = (networks: readonly string[]): ((ip: string) => boolean) => {
  if (networks.length === 0) return () => false
  const list = new BlockList()
  for (const network of networks) {
    const [address] = network.split('/')
    list.addSubnet(address, prefixOf(network), isIP(address) === 4 ? 'ipv4' : 'ipv6')
  }
  return (ip) => {
    const plain = ip.startsWith('::ffff:') && isIP(ip.slice(7)) === 4 ? ip.slice(7) : ip
    const family = isIP(plain)
    return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
  }
}
