/** What a session remembers: when the unit logged on, in ms since 1970, low word first; 0: it has not. */
const WORD = 2 ** 32

export const rememberLogon = (receivedMs: number, state: Int32Array): void => {
  state[0] = (receivedMs % WORD) | 0
  state[1] = Math.floor(receivedMs / WORD) | 0
}

/** When the unit logged on, or 0. */
export const logonMs = (state: Int32Array): number => (state[1] >>> 0) * WORD + (state[0] >>> 0)
