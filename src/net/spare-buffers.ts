/** Buffers of one size that go from session to session: what one needs for a moment is not made anew for each moment. */
export class SpareBuffers {
  private readonly spare: Uint8Array<ArrayBuffer>[] = []

  /** `most`: so many wait for the next session that needs one. */
  constructor(
    readonly bytes: number,
    private readonly most: number,
  ) {}

  take(): Uint8Array<ArrayBuffer> {
    return this.spare.pop() ?? new Uint8Array(this.bytes)
  }

  /** Whoever gives a buffer keeps no hold of it. One of another size is let go. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    if (buffer.length === this.bytes && this.spare.length < this.most) this.spare.push(buffer)
  }
}
