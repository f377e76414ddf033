/**
 * The address cut to its network: /24 of IPv4, /48 of IPv6; IPv4 written as IPv6 is cut as IPv4. Empty when the text is
 * not an address, so that nothing of an unreadable one is kept.
 */
export function cutAddress(address: string): string {
  if (!address.includes(':')) return cutIPv4(address)
  const groups = ipv6Groups(address)
  if (groups === undefined) return ''
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (mapped) return `${high(groups[6])}.${low(groups[6])}.${high(groups[7])}.0`
  const kept = groups.slice(0, 3)
  while (kept.at(-1) === 0) kept.pop()
  return `${kept.map((group) => group.toString(16)).join(':')}::`
}

/** Without leading zeros, which some readers take for octal. */
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/

function cutIPv4(address: string): string {
  return ipv4.test(address) ? `${address.slice(0, address.lastIndexOf('.'))}.0` : ''
}

/** The eight groups of an IPv6 address; undefined when it is none. */
function ipv6Groups(address: string): number[] | undefined {
  const [plain = ''] = address.split('%')
  const halves = plain.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(groupsOf)
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  if (tail === undefined) return head.length === 8 ? head : undefined
  const missing = 8 - head.length - tail.length
  return missing < 1 ? undefined : [...head, ...Array<number>(missing).fill(0), ...tail]
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  for (const part of text.split(':')) {
    if (ipv4.test(part)) {
      const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
      groups.push(a * 256 + b, c * 256 + d)
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(parseInt(part, 16))
    else return undefined
  }
  return groups
}

function high(group: number | undefined): number {
  return (group ?? 0) >>> 8
}

function low(group: number | undefined): number {
  return (group ?? 0) & 0xff
}
