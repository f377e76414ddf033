import { describe, expect, it } from '@jest/globals'
import { brokerProperties } from './kafka.ts'

describe('server.properties of the local broker', () => {
  const lines = brokerProperties('/data/kafka', 20_000, 20_001).trim().split('\n')

  it('binds and advertises 127.0.0.1 only', () => {
    const listeners = lines.filter((line) => /listeners=/.test(line))
    expect(listeners).toEqual([
      'listeners=PLAINTEXT://127.0.0.1:20000,CONTROLLER://127.0.0.1:20001',
      'advertised.listeners=PLAINTEXT://127.0.0.1:20000',
    ])
  })

  it('keeps data in its directory, without end', () => {
    expect(lines).toContain('log.dirs=/data/kafka')
    expect(lines).toContain('log.retention.ms=-1')
  })

  it('needs no second broker', () => {
    for (const line of lines.filter((each) => /replication\.factor|min\.isr/.test(each))) expect(line).toMatch(/=1$/)
  })
})
