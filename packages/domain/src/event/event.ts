/** Milliseconds since 1970-01-01T00:00Z. */
export type Millis = number

/**
 * One storefront event as ingest put it on the log (schemas/avro/event.v1.avsc documents every field).
 * Absent text is the empty string: the wire, the fold and the warehouse then agree without null checks.
 */
export interface StorefrontEvent {
  readonly received_at: Millis
  readonly sent_at: Millis | null
  readonly event_time: Millis
  readonly ip: string
  readonly content_hash: number
  readonly event_id: string
  readonly site: string
  readonly visitor_id: string
  readonly user_id: string
  readonly type: string
  readonly name: string
  readonly source_name: string
  readonly is_server: boolean
  readonly is_bot: boolean
  readonly device_time: Millis | null
  readonly client_session_id: string
  readonly url: string
  readonly host: string
  readonly path: string
  readonly title: string
  readonly referrer: string
  readonly referrer_host: string
  readonly source: string
  readonly medium: string
  readonly campaign: string
  readonly term: string
  readonly content: string
  readonly click_id_name: string
  readonly click_id: string
  readonly user_agent: string
  readonly device: string
  readonly locale: string
  readonly country: string
  readonly consent: Readonly<Record<string, string>>
  readonly previous_id: string
  readonly group_id: string
  readonly order_id: string
  readonly value_minor: number | null
  readonly currency: string
  readonly coupon: string
  readonly properties: Readonly<Record<string, string>>
}

/** What attribution knows of an event when it writes it: the label fields of a labelled event. */
export interface Label {
  readonly session_id: string | null
  readonly goals: readonly string[]
  readonly is_late: boolean
  readonly definitions_number: number
  readonly appended_at: Millis
  readonly input_offset: number
}
