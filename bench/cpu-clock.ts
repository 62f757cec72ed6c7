/** A clock that stands still while other threads and processes have the processor. */
import { dlopen, FFIType, ptr } from 'bun:ffi'

const { i32 } = FFIType
const mac = process.platform === 'darwin'
const libc = dlopen(mac ? 'libSystem.B.dylib' : 'libc.so.6', {
  clock_gettime: { args: [i32, FFIType.ptr], returns: i32 },
}).symbols

const CLOCK_THREAD_CPUTIME_ID = mac ? 16 : 3
/** A `struct timespec`: seconds and nanoseconds, 64 bits each. Memory of its own, since a small array may move. */
const timespec = new BigInt64Array(new ArrayBuffer(4096), 0, 2)
const address = ptr(timespec)

/** CPU time of this thread in ms. Half a microsecond to read; unlike getrusage's it is exact on every kernel. */
export function cpuMs(): number {
  libc.clock_gettime(CLOCK_THREAD_CPUTIME_ID, address)
  return Number(timespec[0]) * 1000 + Number(timespec[1]) / 1e6
}
