// Which test files run first. Those with servers mostly wait, and the fault tests do for longest: begun last, they would leave
// a core idle at the end.
import Sequencer from '@jest/test-sequencer'

const longestFirst = ['/test/faults/', '/test/integration/', '']

const rankOf = (path) => longestFirst.findIndex((part) => path.includes(part))

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = [...super.sort(tests)]
    return sorted.sort((a, b) => rankOf(a.path) - rankOf(b.path))
  }
}
