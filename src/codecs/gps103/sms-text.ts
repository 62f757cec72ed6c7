/**
 * An SMS of a tracker as a first line and values by key, wherever the line ends have gone:
 *
 *   help me! lat:40.362883 long:29.916695 speed:0.00 T:26/03/14 12:05 http://maps.google.com/maps?f=q&q=40.362883,29.916695
 *
 * Off the hot path: text is text here. Every step looks at each character once.
 */

export interface SmsText {
  /** What stands before the first key. */
  headline: string
  /** Values by key in lower case, in the order of the text. Keys behind `Last:` have `last ` before them. */
  values: Map<SmsKey, string>
  /** True if a key came twice: the first one counts. */
  repeats: boolean
}

/** How keys are written, and what they are called here. */
const KEYS = [
  ['lat', 'lat'],
  ['long', 'long'],
  ['lon', 'long'],
  ['speed', 'speed'],
  ['dir', 'dir'],
  ['t', 't'],
  ['lac', 'lac'],
  ['last', 'last'],
  ['pwr', 'power'],
  ['power', 'power'],
  ['door', 'door'],
  ['acc', 'acc'],
  ['battery', 'battery'],
  ['bat', 'battery'],
  ['gprs', 'gprs'],
  ['gps', 'gps'],
  ['gsm signal', 'gsm'],
  ['gsm', 'gsm'],
  ['signal', 'signal'],
  ['oil', 'oil'],
  ['apn', 'apn'],
  ['ip', 'ip'],
  ['port', 'port'],
  ['imei', 'imei'],
  ['f', 'full'],
  ['l', 'low'],
] as const
export type SmsKey = (typeof KEYS)[number][1] | 'link' | 'last t' | 'last link'

/** Keys by their first letter. */
const KEYS_BY_LETTER = Map.groupBy(KEYS, ([written]): string => written[0])
const LINKS = ['http://', 'https://']

export const readSms = (text: string): SmsText => {
  const words = tidy(text)
  const lower = asciiLower(words)
  const sms: SmsText = { headline: '', values: new Map(), repeats: false }
  let key: SmsKey | null = null
  let from = 0
  let last: '' | 'last ' = ''
  const close = (to: number) => {
    const value = tighten(words.slice(from, to))
    if (key === null) sms.headline = words.slice(from, to).trim()
    // `T:+28.0!`: an alarm, and no time.
    else if (key === 't' && (value.startsWith('+') || value.startsWith('-'))) sms.headline = `T:${value}`
    else if (sms.values.has(key)) sms.repeats = true
    else sms.values.set(key, value)
  }
  for (let at = 0; at < lower.length;) {
    const found = keyAt(lower, at)
    if (found === null) {
      at++
      continue
    }
    close(at)
    if (found.key === 'last') last = 'last '
    key = found.key === 't' || found.key === 'link' ? `${last}${found.key}` : found.key
    from = found.end
    // Nothing within a link is a key.
    at = found.key === 'link' ? spaceFrom(lower, at) : found.end
  }
  close(words.length)
  return sms
}

/** The key that begins at `at`, and where its value does. */
const keyAt = (lower: string, at: number): { key: (typeof KEYS)[number][1] | 'link'; end: number } | null => {
  if (at > 0 && isWordCharacter(lower.charCodeAt(at - 1))) return null
  if (LINKS.some((link) => lower.startsWith(link, at))) return { key: 'link', end: at }
  for (const [written, key] of KEYS_BY_LETTER.get(lower[at]) ?? []) {
    if (!lower.startsWith(written, at)) continue
    let end = at + written.length
    if (lower[end] === ' ') end++
    if (lower[end] === ':') return { key, end: end + 1 }
  }
  return null
}

const spaceFrom = (text: string, at: number): number => {
  const space = text.indexOf(' ', at)
  return space < 0 ? text.length : space
}

const isWordCharacter = (code: number): boolean => (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x7a)

/** One space where blanks and line ends were, none at the ends. */
const tidy = (text: string): string => text.split(/\s/).filter(Boolean).join(' ')

/** Without the spaces around separators. */
const tighten = (value: string): string =>
  [',', '/', ':'].reduce(
    (text, separator) =>
      text
        .split(separator)
        .map((part) => part.trim())
        .join(separator),
    value,
  )

/** Lower case without a change of length, which beyond ASCII there can be. */
export const asciiLower = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
