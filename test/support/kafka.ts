/** Brokers of the run's shared Kafka. */
export function brokers(): string[] {
  const given = process.env['KAFKA_BROKERS']
  if (given === undefined) throw new Error('KAFKA_BROKERS is not set: run the integration tests through npm test')
  return given.split(',')
}

let names = 0

/** A namespace no other test uses, so that tests share a broker and an engine. */
export function ownNamespace(what: string): string {
  return `${what}-${process.pid}-${Date.now().toString(36)}-${names++}`
}
