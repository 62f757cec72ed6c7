/** The few calls of the C library that the runtime has no function for. */
import { dlopen, FFIType } from 'bun:ffi'

const { i32, ptr } = FFIType
const mac = process.platform === 'darwin'

const libc = dlopen(mac ? 'libSystem.B.dylib' : 'libc.so.6', {
  flock: { args: [i32, i32], returns: i32 },
  setsockopt: { args: [i32, i32, i32, ptr, i32], returns: i32 },
}).symbols

const LOCK_EXCLUSIVE = 2
const LOCK_NO_WAIT = 4
const SOL_SOCKET = mac ? 0xffff : 1
const SO_RCVBUF = mac ? 0x1002 : 8

/** Takes the lock of an open file, which the kernel releases when the process ends, however it ends. False: another has it. */
export function lockFile(file: number): boolean {
  return libc.flock(file, LOCK_EXCLUSIVE | LOCK_NO_WAIT) === 0
}

/** Asks for a receive buffer; the kernel gives at most net.core.rmem_max. */
export function setReceiveBuffer(socket: number, bytes: number): void {
  libc.setsockopt(socket, SOL_SOCKET, SO_RCVBUF, new Int32Array([bytes]), 4)
}
