/**
 * What an error of an insert is about. Codes are ClickHouse's (src/Common/ErrorCodes.cpp).
 *
 * `availability`: ClickHouse, or what lies between, cannot at the moment, or somebody has to repair it; the same insert
 * is repeated until it is confirmed. No code at all (connection, time-out, a proxy's 5xx) is availability.
 * `content`: the rows may be at fault; they are examined.
 * `unknown`: a code of neither list. Most such codes are passing trouble, so the insert is repeated a few times; but one
 * frame must not hold up all that come after it, so then the rows are examined. The verdict needs evidence either way
 * (refusing.ts), so a code in the wrong list costs time and never a row.
 */
export type Blame = 'availability' | 'content' | 'unknown'

export const AVAILABILITY = {
  NO_SUCH_COLUMN_IN_TABLE: 16,
  NUMBER_OF_COLUMNS_DOESNT_MATCH: 20,
  UNKNOWN_IDENTIFIER: 47,
  UNKNOWN_TABLE: 60,
  CANNOT_READ_FROM_FILE_DESCRIPTOR: 74,
  CANNOT_WRITE_TO_FILE_DESCRIPTOR: 75,
  CANNOT_OPEN_FILE: 76,
  UNKNOWN_DATABASE: 81,
  UNKNOWN_SETTING: 115,
  TIMEOUT_EXCEEDED: 159,
  TOO_SLOW: 160,
  READONLY: 164,
  CANNOT_ALLOCATE_MEMORY: 173,
  UNKNOWN_USER: 192,
  WRONG_PASSWORD: 193,
  REQUIRED_PASSWORD: 194,
  IP_ADDRESS_NOT_ALLOWED: 195,
  DNS_ERROR: 198,
  QUOTA_EXCEEDED: 201,
  TOO_MANY_SIMULTANEOUS_QUERIES: 202,
  NO_FREE_CONNECTION: 203,
  CANNOT_FSYNC: 204,
  SOCKET_TIMEOUT: 209,
  NETWORK_ERROR: 210,
  TABLE_IS_DROPPED: 218,
  NO_ZOOKEEPER: 225,
  ABORTED: 236,
  MEMORY_LIMIT_EXCEEDED: 241,
  TABLE_IS_READ_ONLY: 242,
  NOT_ENOUGH_SPACE: 243,
  UNEXPECTED_ZOOKEEPER_ERROR: 244,
  TOO_MANY_PARTS: 252,
  NO_ACTIVE_REPLICAS: 254,
  ALL_CONNECTION_TRIES_FAILED: 279,
  TOO_FEW_LIVE_REPLICAS: 285,
  UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE: 286,
  DATABASE_ACCESS_DENIED: 291,
  UNKNOWN_STATUS_OF_INSERT: 319,
  QUERY_WAS_CANCELLED: 394,
  ALL_REPLICAS_LOST: 415,
  REPLICA_STATUS_CHANGED: 416,
  SYSTEM_ERROR: 425,
  CANNOT_SCHEDULE_TASK: 439,
  ACCESS_DENIED: 497,
  S3_ERROR: 499,
  AUTHENTICATION_FAILED: 516,
  QUERY_WAS_CANCELLED_BY_CLIENT: 735,
  KEEPER_EXCEPTION: 999,
  POCO_EXCEPTION: 1000,
  STD_EXCEPTION: 1001,
  UNKNOWN_EXCEPTION: 1002,
} as const

/** A body that was damaged on its way looks like these too: examined, it turns out to be good, and is sent again. */
export const CONTENT = {
  CANNOT_PARSE_TEXT: 6,
  CANNOT_PARSE_QUOTED_STRING: 26,
  CANNOT_PARSE_INPUT_ASSERTION_FAILED: 27,
  ATTEMPT_TO_READ_AFTER_EOF: 32,
  CANNOT_READ_ALL_DATA: 33,
  BAD_ARGUMENTS: 36,
  CANNOT_PARSE_DATE: 38,
  CHECKSUM_DOESNT_MATCH: 40,
  CANNOT_PARSE_DATETIME: 41,
  ILLEGAL_COLUMN: 44,
  TYPE_MISMATCH: 53,
  ARGUMENT_OUT_OF_BOUND: 69,
  CANNOT_CONVERT_TYPE: 70,
  CANNOT_PARSE_NUMBER: 72,
  INCORRECT_DATA: 117,
  TOO_LARGE_ARRAY_SIZE: 128,
  CANNOT_READ_ARRAY_FROM_TEXT: 130,
  TOO_LARGE_STRING_SIZE: 131,
  SIZES_OF_ARRAYS_DONT_MATCH: 190,
  CORRUPTED_DATA: 246,
  VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE: 321,
  CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN: 349,
  DECIMAL_OVERFLOW: 407,
  VIOLATED_CONSTRAINT: 469,
} as const

const BLAMES = new Map<number, Blame>([
  ...Object.values(AVAILABILITY).map((code) => [code, 'availability'] as const),
  ...Object.values(CONTENT).map((code) => [code, 'content'] as const),
])

/** `error` is what the client throws: with `code` as a decimal text if ClickHouse answered with a code of its own. */
export function blameOf(error: unknown): Blame {
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string' || !/^\d+$/.test(code)) return 'availability'
  return BLAMES.get(Number(code)) ?? 'unknown'
}
