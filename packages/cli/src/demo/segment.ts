/** A message of the Segment HTTP API as the demo sends it: one `track`, `page`, `screen` or `identify` call. */
export interface SegmentMessage {
  readonly type: 'track' | 'page' | 'screen' | 'identify'
  readonly messageId: string
  /** Absent where a server does not know the browser. */
  readonly anonymousId?: string
  readonly userId?: string
  /** Name of a track call. */
  readonly event?: string
  /** Name of a page or screen call. */
  readonly name?: string
  readonly properties?: Readonly<Record<string, unknown>>
  readonly traits?: Readonly<Record<string, unknown>>
  readonly context: Context
  /** ISO 8601, by the device's clock. */
  readonly timestamp: string
  /** ISO 8601, by the device's clock when it sent the batch. */
  readonly sentAt?: string
}

export interface Context {
  readonly page?: Page
  readonly campaign?: Campaign
  readonly userAgent?: string
  readonly locale?: string
  readonly ip?: string
  readonly location?: { readonly country: string }
  /** The client's own session id. */
  readonly sessionId?: string
  readonly library?: { readonly name: string; readonly version: string }
}

export interface Page {
  readonly url: string
  readonly path: string
  readonly referrer?: string
  readonly title?: string
}

export interface Campaign {
  readonly source: string
  readonly medium?: string
  readonly name?: string
  readonly term?: string
  readonly content?: string
}
