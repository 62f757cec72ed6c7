/** How much runs at a time. Each running statement holds one thread of the pool, so the pool is the sum and a few more. */

/** Readers' statements. */
export const READERS = 12
/** The writer's statements and inserts. */
export const WRITERS = 12
/** Statements of a role that may wait for others to end; more are refused. */
export const WAITING_MAX = 256
/** What the server itself asks (guards, KILL), and some room. */
export const POOL_THREADS = READERS + WRITERS + 8
