import type { MessageType } from '@cairn/domain'

/** Addresses of the Segment HTTP API; undefined marks the batch. The single letters are what analytics.js posts to. */
export const calls: readonly (readonly [path: string, type: MessageType | undefined])[] = [
  ['/v1/batch', undefined],
  ['/v1/b', undefined],
  ['/v1/track', 'track'],
  ['/v1/t', 'track'],
  ['/v1/page', 'page'],
  ['/v1/p', 'page'],
  ['/v1/screen', 'screen'],
  ['/v1/s', 'screen'],
  ['/v1/identify', 'identify'],
  ['/v1/i', 'identify'],
  ['/v1/alias', 'alias'],
  ['/v1/a', 'alias'],
  ['/v1/group', 'group'],
  ['/v1/g', 'group'],
]
