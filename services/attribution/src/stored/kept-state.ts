import { join } from 'node:path'
import type { Codec, Faults, OwnedPartition, StateLayout, TopicKind, Turns } from '@cairn/runtime'
import type { AttributionConfig } from '../config.ts'
import type { PartitionObserver } from '../observe-partition.ts'
import { StoredState, type StoredOptions } from './stored-state.ts'

/** What a state topic holds: visitors, or orders. */
export interface Kept<Saved> extends Pick<StoredOptions<Saved>, 'saved' | 'controlKeys' | 'readControl'> {
  /** Of its folders and its fault points. */
  readonly name: 'attribution' | 'orders'
  readonly topic: TopicKind
  readonly layout: StateLayout
}

/** What the states of a partition need of the world. */
export interface KeepingShell {
  readonly config: Pick<AttributionConfig, 'CAIRN_NAMESPACE' | 'CAIRN_PARTITIONS' | 'STATE_DIR'>
  readonly codec: Codec
  readonly faults: Faults
  readonly observe: Pick<PartitionObserver, 'discarded'>
  /** Writes to the disks of all partitions, of visitors and of orders. */
  readonly diskWrites: Turns
  /** For how long the state topic keeps the mark of a forgotten state at least. */
  readonly deletesKeptMs: number
  readonly topic: (kind: TopicKind) => string
}

/** The states of a partition as their topic has them, kept on disk. */
export function keptState<Saved>(
  shell: KeepingShell,
  partition: OwnedPartition,
  { name, topic, layout, saved, controlKeys, readControl }: Kept<Saved>,
): StoredState<Saved> {
  const { config, codec, faults, observe, diskWrites, deletesKeptMs } = shell
  const folder = join(config.STATE_DIR, `${config.CAIRN_NAMESPACE}.${name}-${partition.partition}`)
  const options: StoredOptions<Saved> = {
    disk: { folder, layout, writes: diskWrites },
    codec,
    stateTopic: shell.topic(topic),
    partitions: config.CAIRN_PARTITIONS,
    deletesKeptMs,
    saved,
    controlKeys,
    readControl,
    onDiscarded: (reason) => observe.discarded(partition.partition, reason),
    beforeStore: () => faults.reach(`${name}.before-store`),
    midStore: () => faults.reach(`${name}.mid-store`),
  }
  return new StoredState(options, partition)
}
