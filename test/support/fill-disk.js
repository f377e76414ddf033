/**
 * Fills the disk of a folder and prints, as JSON, how that ended and what is held then. A process of its own: LMDB's library
 * reports to the console of whichever test file loaded it first in a process, which may be over by then.
 *
 * Arguments: folder, visitors of the write that does not fit, characters of each.
 */
import { StateDisk } from '../../packages/runtime/dist/state-disk/disk.js'
import { visitorLayout } from '../../packages/runtime/dist/state-disk/layout.js'
import { Turns } from '../../packages/runtime/dist/state-disk/turns.js'

const [folder, visitors, characters] = process.argv.slice(2)
const never = 2 ** 52
const codec = { peekDues: (bytes) => JSON.parse(Buffer.from(bytes).toString()) }
const options = { folder, layout: visitorLayout(codec), writes: new Turns() }

const states = (from, count, length) =>
  Array.from({ length: count }, (_, at) => {
    const state = { emit_due: never, close_due: never, expire_due: from, more: 'x'.repeat(length) }
    return [`shop:${from + at}`, Buffer.from(JSON.stringify(state))]
  })

const control = (at) => new Map([['position', Buffer.from(String(at))]])

const held = (disk) => ({
  position: disk.control('position')?.toString(),
  has99: disk.get('shop:99') !== undefined,
  has100: disk.get('shop:100') !== undefined,
  due: disk.dues(2, 0, 1_000).length,
})

const disk = new StateDisk(options)
await disk.write(states(0, 100, 400), control(1))
const failure = await disk.write(states(100, Number(visitors), Number(characters)), control(2)).then(
  () => undefined,
  ({ name, reason }) => ({ name, reason }),
)
const now = held(disk)
await disk.close()
const again = new StateDisk(options)
const reopened = held(again)
await again.close()
process.stdout.write(JSON.stringify({ failure, now, reopened }))
