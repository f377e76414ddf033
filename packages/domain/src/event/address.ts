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

const ipv4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/

function ipv4Octets(address: string): number[] | undefined {
  const octets = ipv4.exec(address)?.slice(1).map(Number)
  return octets?.every((octet) => octet < 256) ? octets : undefined
}

function cutIPv4(address: string): string {
  const octets = ipv4Octets(address)
  return octets === undefined ? '' : `${octets.slice(0, 3).join('.')}.0`
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
    const octets = ipv4Octets(part)
    if (octets !== undefined) {
      const [a = 0, b = 0, c = 0, d = 0] = octets
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
