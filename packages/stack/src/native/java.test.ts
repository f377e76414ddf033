import { describe, expect, it } from '@jest/globals'
import { findJava, javaMajor } from './java.ts'

describe('version of Java', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17],
    ['java version "1.8.0_392"', 8],
    ['openjdk version "25" 2025-09-16', 25],
    ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "21-ea"', 21],
    ['command not found', undefined],
  ])('%j is %p', (text, major) => {
    expect(javaMajor(text)).toBe(major)
  })

  it('that is missing is named with the ways out', () => {
    expect(findJava({ JAVA_HOME: '/nowhere', PATH: '' })).toEqual({
      ok: false,
      reason: 'prerequisite-missing',
      message:
        'Kafka needs Java and /nowhere/bin/java could not be run: ' +
        'install Java 17 or later (or start Docker, or set KAFKA_BROKERS to a running Kafka).',
    })
  })
})
