/** What became of the frames of a protocol. */
export interface ProtocolCounts {
  frames: number
  decoded: number
  ignored: number
  rejected: number
  quarantined: number
  fixes: number
}

export const noCounts = (): ProtocolCounts => ({
  frames: 0,
  decoded: 0,
  ignored: 0,
  rejected: 0,
  quarantined: 0,
  fixes: 0,
})
