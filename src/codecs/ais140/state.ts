/**
 * What a session remembers, in word 0: the flags that were set in the last live sentence, and in the last stored one.
 * Stored sentences come between live ones and tell of another time: each kind has its own memory.
 */
const EMERGENCY = 1,
  TAMPER = 2
/** Bits of the stored sentences stand this far left. */
const STORED_SHIFT = 2

/** The word after a sentence; `emergency` and `tamper` are 1, 0 or -1 for not said. */
export const nextState = (word: number, live: boolean, emergency: number, tamper: number): number => {
  const shift = live ? 0 : STORED_SHIFT
  let next = word
  if (emergency >= 0) next = (next & ~(EMERGENCY << shift)) | ((emergency * EMERGENCY) << shift)
  if (tamper >= 0) next = (next & ~(TAMPER << shift)) | ((tamper * TAMPER) << shift)
  return next
}

export const hadEmergency = (word: number, live: boolean) => ((word >> (live ? 0 : STORED_SHIFT)) & EMERGENCY) !== 0
export const hadTamper = (word: number, live: boolean) => ((word >> (live ? 0 : STORED_SHIFT)) & TAMPER) !== 0
