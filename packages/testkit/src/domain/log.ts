import { eventKey, type Body, type LogRecord, type Millis, type StorefrontEvent, type Verdict } from '@cairn/domain'
import { definitionsJson } from './definitions-json.ts'

/** Builds the records of one `events` partition; offsets count up, append times are given. */
export class LogBuilder {
  readonly records: LogRecord[]

  /** @param records those the log begins with */
  constructor(records: LogRecord[] = []) {
    this.records = records
  }

  event(appendedAt: Millis, event: StorefrontEvent): LogRecord {
    return this.add(appendedAt, eventKey(event), { kind: 'event', event })
  }

  verdict(appendedAt: Millis, key: string, verdict: Verdict): LogRecord {
    return this.add(appendedAt, key, { kind: 'verdict', verdict })
  }

  tick(appendedAt: Millis): LogRecord {
    return this.add(appendedAt, '', { kind: 'tick', flush_id: '', hold_ms: 0 })
  }

  flush(appendedAt: Millis, flushId = 'flush'): LogRecord {
    return this.add(appendedAt, '', { kind: 'tick', flush_id: flushId, hold_ms: 0 })
  }

  /** @throws Error when the definitions are refused; {@link add} takes any */
  definitions(appendedAt: Millis, number: number, json: unknown): LogRecord {
    return this.add(appendedAt, '', { kind: 'definitions', number, json: definitionsJson(json) })
  }

  add(appendedAt: Millis, key: string, body: Body): LogRecord {
    const record = { offset: this.records.length, appendedAt, key, body }
    this.records.push(record)
    return record
  }
}
