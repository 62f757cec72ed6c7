/** What the drain needs of ClickHouse. */

/** Columns of one table, ready for ClickHouse. */
export interface Block {
  table: string
  columns: readonly string[]
  rows: number
  /** A block in ClickHouse's Native format, and where the data of each column end. */
  bytes: Uint8Array
  columnEnds: Uint32Array
}

export interface Sink {
  /** Inserts the block that the pieces are together. Resolves when ClickHouse confirms it, else rejects, whatever became of it. */
  insert(table: string, columns: readonly string[], pieces: readonly Uint8Array[], token: string): Promise<void>
  /** A way to ask what a table would take. */
  probe(table: string): Promise<Probe>
}

export interface Probe {
  /** False if it refuses the rows; rejects if that cannot be told now. */
  accepts(columns: readonly string[], block: Uint8Array): Promise<boolean>
  close(): Promise<void>
}
