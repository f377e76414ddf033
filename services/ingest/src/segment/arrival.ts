import type { Millis } from '@cairn/domain'

/** The shop a write key belongs to. */
export interface WriteKey {
  readonly site: string
  /** A server's key: its events begin no session, but join the one that covers them. */
  readonly server: boolean
  /** ISO 4217, for amounts sent without a currency; empty for none. */
  readonly defaultCurrency: string
}

/** What the request says about the messages it brought. */
export interface Arrival {
  readonly receivedAt: Millis
  /** Address of the client as the trusted proxies report it. */
  readonly address: string
  readonly userAgent: string
  /** From the proxy's header, empty without one. */
  readonly country: string
  /** `sentAt` of the batch, for messages without their own. */
  readonly sentAt: unknown
  /** `context` of the batch, completed by each message's own. */
  readonly context: unknown
  /** Whether any text of the body was written with escapes. */
  readonly hasEscapes: boolean
  /** The call a message was sent to; undefined for a batch, whose messages name theirs. */
  readonly type: string | undefined
  readonly newId: () => string
}
