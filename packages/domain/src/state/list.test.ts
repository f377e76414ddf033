import { describe, expect, it } from '@jest/globals'
import { withItem, withItems } from './list.ts'

const lists = [[], ['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd', 'e']]

describe('a list that is never changed in place', () => {
  it.each(lists)('has one more item behind the others, in another list', (...list) => {
    const before = [...list]
    expect(withItem(list, 'z')).toEqual([...before, 'z'])
    expect(list).toEqual(before)
  })

  it.each(lists)('has the items of another behind its own', (...list) => {
    for (const others of lists) expect(withItems(list, others)).toEqual([...list, ...others])
  })

  it('takes a list as an item as it is', () => {
    for (const list of lists) expect(withItem<unknown>(list, ['z'])).toEqual([...list, ['z']])
  })
})
