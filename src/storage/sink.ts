/** What the drain needs of ClickHouse. */

/** Columns of one table, ready for ClickHouse. */
export interface Block {
  table: string
  columns: readonly string[]
  rows: number
  /** A block in ClickHouse's Native format. */
  bytes: Uint8Array
}

export interface Sink {
  /** Resolves when ClickHouse confirms the insert; rejects if it does not, whatever became of it. */
  insert(table: string, columns: readonly string[], block: Uint8Array, token: string): Promise<void>
  /** A way to ask what a table would take. */
  probe(table: string): Promise<Probe>
}

export interface Probe {
  /** False if it refuses the rows; rejects if that cannot be told now. */
  accepts(columns: readonly string[], block: Uint8Array): Promise<boolean>
  close(): Promise<void>
}
