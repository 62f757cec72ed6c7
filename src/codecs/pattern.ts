/**
 * Patterns over bytes, written as regular expressions without anything unbounded: they describe how a frame opens.
 *
 *   x \x7e \r \n \0 \$     one byte              \d  [0-9a-f]  [^\x7e]  [^]     one of many, or any
 *   (?: … | … )            one of these          {n}  {n,m}  ?                  so many times
 *
 * A pattern is anchored at the first byte and satisfied as soon as it is through: what follows is not its business.
 */

/** One place in a pattern: the bytes it takes, and the places that may come behind it. */
export interface Place {
  /** 1 for each byte it takes. */
  readonly takes: Uint8Array
  /** Places that may follow; THROUGH among them if the pattern may end here. */
  readonly next: readonly number[]
}

/** What stands behind the last place of a pattern. */
export const THROUGH = -1

export interface Pattern {
  readonly places: readonly Place[]
  /** Places that may take the first byte. */
  readonly first: readonly number[]
  /** Fewest bytes that satisfy it. */
  readonly minBytes: number
}

type Node =
  | { readonly kind: 'bytes'; readonly takes: Uint8Array }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly least: number; readonly most: number }

/** The class of a pattern that takes the bytes of which `takes` is not 0. */
export const classOf = (takes: ArrayLike<number>): string => {
  let text = ''
  for (let from = 0; from < 256; from++) {
    if (!takes[from]) continue
    let to = from
    while (to < 255 && takes[to + 1]) to++
    text += from === to ? hex(from) : `${hex(from)}-${hex(to)}`
    from = to
  }
  return `[${text}]`
}
const hex = (byte: number) => `\\x${byte.toString(16).padStart(2, '0')}`

export const parsePattern = (source: string): Pattern => {
  const places: Place[] = []
  const rest: number[] = [] // fewest bytes from a place on
  const least = (from: readonly number[]) => Math.min(...from.map((place) => (place === THROUGH ? 0 : rest[place])))

  /** Adds the places of `node`, which `next` follows; the places it may begin with. From right to left: no loops. */
  const add = (node: Node, next: readonly number[]): readonly number[] => {
    switch (node.kind) {
      case 'bytes':
        rest.push(1 + least(next))
        return [places.push({ takes: node.takes, next }) - 1]
      case 'sequence':
        return node.parts.reduceRight<readonly number[]>((behind, part) => add(part, behind), next)
      case 'choice':
        return node.parts.flatMap((part) => add(part, next))
      case 'repeat': {
        let from = next
        for (let time = node.most; time > 0; time--)
          from = time > node.least ? [...new Set([...add(node.part, from), ...next])] : add(node.part, from)
        return from
      }
    }
  }
  const first = add(new Parser(source).pattern(), [THROUGH])
  return { places, first, minBytes: least(first) }
}

const CONTROLS: Record<string, number> = { r: 13, n: 10, t: 9, '0': 0 }

class Parser {
  private at = 0

  constructor(private readonly source: string) {}

  pattern(): Node {
    const node = this.choice()
    if (this.at < this.source.length) this.fail('a parenthesis that nothing opened')
    return node
  }

  private choice(): Node {
    const parts = [this.sequence()]
    while (this.takes('|')) parts.push(this.sequence())
    return parts.length === 1 ? parts[0] : { kind: 'choice', parts }
  }

  private sequence(): Node {
    const parts: Node[] = []
    while (this.at < this.source.length && !'|)'.includes(this.source[this.at])) parts.push(this.repeated(this.atom()))
    return parts.length === 1 ? parts[0] : { kind: 'sequence', parts }
  }

  private repeated(part: Node): Node {
    if (this.takes('?')) return { kind: 'repeat', part, least: 0, most: 1 }
    if (!this.takes('{')) return part
    const [, least, most] = this.match(/(\d+)(?:,(\d+))?\}/y) ?? this.fail('{n} or {n,m} is meant')
    return { kind: 'repeat', part, least: Number(least), most: Number(most ?? least) }
  }

  private atom(): Node {
    if (this.takes('(?:')) {
      const node = this.choice()
      if (!this.takes(')')) this.fail('a parenthesis is missing')
      return node
    }
    const takes = new Uint8Array(256)
    if (this.takes('[')) this.bytesOfClass(takes)
    else if ('()*+.^$]{}'.includes(this.source[this.at])) this.fail('this sign has no meaning here: escape it')
    else this.bytes(takes)
    return { kind: 'bytes', takes }
  }

  private bytesOfClass(takes: Uint8Array): void {
    const others = this.takes('^')
    while (!this.takes(']')) {
      if (this.at >= this.source.length) this.fail('a bracket is missing')
      const from = this.bytes(takes)
      if (this.source[this.at] !== '-' || this.source[this.at + 1] === ']') continue
      this.at++
      takes.fill(1, from, this.bytes(takes) + 1)
    }
    if (others) for (let byte = 0; byte < 256; byte++) takes[byte] ^= 1
  }

  /** Notes the byte, or the digits, at the cursor; the byte. */
  private bytes(takes: Uint8Array): number {
    if (this.takes('\\d')) {
      takes.fill(1, 0x30, 0x3a)
      return 0x30
    }
    const byte = this.byte()
    takes[byte] = 1
    return byte
  }

  private byte(): number {
    if (!this.takes('\\')) return this.source.charCodeAt(this.at++)
    if (this.takes('x')) {
      const [digits] = this.match(/[0-9a-f]{2}/y) ?? this.fail('two lower-case hex digits are meant')
      return parseInt(digits, 16)
    }
    const letter = this.source[this.at++] ?? this.fail('nothing is escaped')
    if (/[a-z]/i.test(letter) && !(letter in CONTROLS)) this.fail('no such escape')
    return CONTROLS[letter] ?? letter.charCodeAt(0)
  }

  private takes(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false
    this.at += text.length
    return true
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.source)
    if (found) this.at = pattern.lastIndex
    return found
  }

  private fail(why: string): never {
    throw new Error(`pattern ${this.source}, at ${this.at}: ${why}`)
  }
}
