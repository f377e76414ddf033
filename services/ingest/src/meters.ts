import type { Metrics } from '@cairn/runtime'
import type { Answer } from './answer.ts'

/** What operators watch of the door. */
export interface Meters {
  /** Counts an answer and how long it took. */
  answered(answer: Answer, seconds: number): void
  /** Counts a request HTTP refused before it had a body to look at. */
  rejected(reason: string): void
  queued(fullestBytes: number): void
}

const secondBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export function createMeters(metrics: Metrics): Meters {
  const accepted = metrics.counter('cairn_ingest_accepted_events_total', 'Events acknowledged by the log', [])
  const refused = metrics.counter('cairn_ingest_refused_messages_total', 'Messages refused, by reason', ['reason'])
  const unusable = metrics.counter(
    'cairn_ingest_unusable_order_ids_total',
    'Accepted events whose order id stands for none, as "undefined" does',
    [],
  )
  const nobodys = metrics.counter(
    'cairn_ingest_unusable_person_ids_total',
    'Accepted events whose anonymousId, userId or previousId stands for none, as "undefined" does',
    [],
  )
  const worthless = metrics.counter(
    'cairn_ingest_unusable_amounts_total',
    'Accepted events whose value, revenue or total is no amount of a known currency, so that they have no value',
    [],
  )
  const requests = metrics.counter('cairn_ingest_requests_total', 'Requests by what became of them', ['outcome'])
  const seconds = metrics.histogram(
    'cairn_ingest_request_duration_seconds',
    'From the whole body read to the answer, the log acknowledged',
    [],
    secondBuckets,
  )
  const queue = metrics.gauge('cairn_ingest_fullest_queue_bytes', 'Bytes waiting in the fullest partition queue', [])
  return {
    answered(answer, took) {
      seconds.observe(took)
      requests.inc({ outcome: answer.kind === 'answered' ? 'answered' : answer.reason })
      if (answer.kind === 'answered') {
        accepted.inc(answer.accepted)
        unusable.inc(answer.unusableOrderIds)
        nobodys.inc(answer.unusablePersonIds)
        worthless.inc(answer.unusableAmounts)
      }
      if ('refused' in answer) for (const { reason } of answer.refused) refused.inc({ reason })
    },
    rejected(reason) {
      requests.inc({ outcome: reason })
    },
    queued(fullestBytes) {
      queue.set(fullestBytes)
    },
  }
}
