/** Which cases two revisions are compared by. */
import type { Task } from './suite.ts'

/**
 * All but those that tell nothing new: the limits, which do the least that anybody must do and none of our work, and second
 * runs of a case beside another limit. The tasks may be another revision's.
 */
export function compared(tasks: readonly Task[]): Task[] {
  const names = new Set(tasks.map(({ name }) => name))
  const limits = new Set(tasks.map(({ limit }) => limit))
  return tasks.filter(
    ({ name, limit, sameRunAs }) =>
      (limit !== undefined || !limits.has(name)) && (sameRunAs === undefined || !names.has(sameRunAs)),
  )
}
