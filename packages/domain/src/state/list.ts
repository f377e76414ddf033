/**
 * Lists of a state, which are never changed in place. Most have at most a few items: there `concat` takes ten times as long as a
 * literal; one that was pushed to, or spread into another, keeps room for sixteen more.
 */
export function withItem<T>(list: readonly T[], item: T): readonly T[] {
  const [a, b, c] = list as readonly [T, T, T]
  switch (list.length) {
    case 0:
      return [item]
    case 1:
      return [a, item]
    case 2:
      return [a, b, item]
    case 3:
      return [a, b, c, item]
    default:
      return list.concat([item])
  }
}

/** The items of both; one of the two lists itself where the other is empty. */
export function withItems<T>(list: readonly T[], others: readonly T[]): readonly T[] {
  if (others.length === 0) return list
  if (list.length === 0) return others
  const [other] = others as readonly [T]
  return others.length === 1 ? withItem(list, other) : list.concat(others)
}

/** Whether the first `length` items of a list are those of another, and all of these. */
export function isSameList<T>(some: readonly T[], others: readonly T[], length: number): boolean {
  if (others.length !== length) return false
  for (let at = 0; at < length; at++) if (some[at] !== others[at]) return false
  return true
}
