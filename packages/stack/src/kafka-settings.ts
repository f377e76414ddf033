/**
 * What a lone local broker needs, however it is run; docker-compose.yml carries the same.
 *
 * Flushing is left to the system: an acknowledged record is in its page cache, which outlives a killed broker, but not a power cut.
 */
export const localBrokerSettings: Readonly<Record<string, string>> = {
  'node.id': '1',
  'process.roles': 'broker,controller',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  'auto.create.topics.enable': 'false',
  // One broker holds every replica there is.
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  // Each is a directory with open files; the defaults (50) make the first start and every recovery slower.
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.num.partitions': '4',
  // Members of local groups come one at a time and need not wait for each other.
  'group.initial.rebalance.delay.ms': '0',
  // Tests of lost workers wait for a session to expire; the default floor is 6 s.
  'group.min.session.timeout.ms': '1000',
  // A killed broker may come back only once its controller has given up on the one before; the default is 9 s.
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
  // The log is what everything else is rebuilt from.
  'log.retention.ms': '-1',
}
