/** Revisions, as git knows them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const ROOT = join(import.meta.dir, '..')

/** There is nothing to judge: neither a regression nor none. */
export class CannotCompare extends Error {}

/** What git prints; undefined if it refuses, or is not there. */
export function git(...args: string[]): string | undefined {
  if (!Bun.which('git')) return undefined
  const { exitCode, stdout } = Bun.spawnSync(['git', ...args], { cwd: ROOT, stderr: 'ignore' })
  return exitCode === 0 ? stdout.toString().trim() : undefined
}

/** Full hash of what a reference names. */
export function hashOf(ref: string): string | undefined {
  return git('rev-parse', '--verify', '--quiet', `${ref}^{commit}`)
}

/** Hash of HEAD; with `-changed` when a file differs from it. */
export function thisRevision(): string {
  const hash = hashOf('HEAD')
  if (!hash) return 'unknown'
  return git('status', '--porcelain') === '' ? hash : `${hash}-changed`
}

/** Whether `thisRevision` is all there is to say of the tree. */
export function isCommitted(revision: string): boolean {
  return /^[0-9a-f]+$/.test(revision)
}

/** Checks a revision out beside this tree, lends its path, and removes it, whatever happens. */
export async function withTreeOf<Result>(hash: string, use: (tree: string) => Promise<Result>): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-waygate-'))
  const tree = join(directory, 'tree')
  const remove = () => {
    git('worktree', 'remove', '--force', tree)
    rmSync(directory, { recursive: true, force: true })
  }
  const interrupted = () => process.exit(130)
  process.once('exit', remove).once('SIGINT', interrupted).once('SIGTERM', interrupted)
  try {
    if (git('worktree', 'add', '--detach', tree, hash) === undefined)
      throw new CannotCompare(`git cannot check ${hash} out into ${tree}`)
    installInto(tree)
    return await use(tree)
  } finally {
    process.off('exit', remove).off('SIGINT', interrupted).off('SIGTERM', interrupted)
    remove()
  }
}

/** Gives a tree the packages that its own lock file asks for. */
function installInto(tree: string): void {
  const lockOf = (root: string) => readFileSync(join(root, 'bun.lock'), 'utf8')
  const packages = join(ROOT, 'node_modules')
  if (existsSync(join(tree, 'bun.lock')) && lockOf(tree) === lockOf(ROOT)) {
    symlinkSync(packages, join(tree, 'node_modules'))
    return
  }
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, 'install', '--frozen-lockfile'], { cwd: tree })
  if (exitCode !== 0) throw new CannotCompare(`bun install --frozen-lockfile in ${tree}: ${stderr.toString().trim()}`)
}

/** The version of Bun that a revision's package.json asks for. */
export function bunVersionOf(hash: string): string | undefined {
  const text = git('show', `${hash}:package.json`)
  return text === undefined ? undefined : (JSON.parse(text) as { dependencies?: { bun?: string } }).dependencies?.bun
}
