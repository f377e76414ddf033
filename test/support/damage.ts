import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStateDisk, Turns, type StateLayout } from '@cairn/runtime'

/** Overwrites the middle of a value wherever it stands in the database of a folder, which keeps its size. */
export function overwrite(folder: string, value: Uint8Array): void {
  const file = join(folder, 'data.mdb')
  const bytes = readFileSync(file)
  const quarter = Math.floor(value.length / 4)
  let found = 0
  for (let at = bytes.indexOf(value); at >= 0; at = bytes.indexOf(value, at + 1)) {
    bytes.fill(0xff, at + quarter, at + value.length - quarter)
    found++
  }
  if (found === 0) throw new Error(`${file} has no such value`)
  writeFileSync(file, bytes)
}

/** Overwrites all states in a folder that was left cleanly, which still looks so after it; all of them stand in `queue`. */
export async function damageStates(folder: string, layout: StateLayout, queue: number): Promise<void> {
  const { disk } = await openStateDisk({ folder, layout, writes: new Turns() }, new AbortController().signal)
  const keys = disk.dues(queue, 0, 100_000).map(({ key }) => key)
  const values = keys.map((key) => Buffer.from(disk.get(key) ?? []))
  await disk.close()
  if (values.length === 0) throw new Error(`${folder} has no states`)
  for (const value of values) overwrite(folder, value)
}

/** Throws unless the disk of each partition was thrown away once, for what could not be read of it. */
export async function mustHaveDiscarded(
  discarded: (labels: string) => Promise<number>,
  partitions: number,
): Promise<void> {
  for (let partition = 0; partition < partitions; partition++) {
    const times = await discarded(`{partition="${partition}",reason="unreadable"`)
    if (times !== 1) throw new Error(`the disk of partition ${partition} was thrown away ${times} times, not once`)
  }
}
