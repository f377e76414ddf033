const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  testEnvironment: 'node',
  watchPathIgnorePatterns: ['<rootDir>/.cairn'],
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.cairn'],
}

/** Projects whose tests find a broker and an engine in KAFKA_BROKERS and CLICKHOUSE_URL; started once, whichever of them run. */
const withServers = {
  ...shared,
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
}

/** @type {import('jest').Config} */
export default {
  testSequencer: '<rootDir>/test/support/sequencer.js',
  // What a test file has loaded stays in its worker's memory.
  workerIdleMemoryLimit: '800MB',
  // Most of the tests with servers wait for these.
  maxWorkers: 2,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/packages/*/src/**/*.test.ts',
        '<rootDir>/services/*/src/**/*.test.ts',
        '<rootDir>/bench/**/*.test.ts',
        '<rootDir>/test/docs/**/*.test.ts',
        '<rootDir>/test/scripts/**/*.test.ts',
        '<rootDir>/test/cases/cases.test.ts',
      ],
    },
    {
      ...withServers,
      displayName: 'integration',
      testMatch: [
        '<rootDir>/test/integration/**/*.test.ts',
        '<rootDir>/test/faults/**/*.test.ts',
        '<rootDir>/test/cases/**/*.test.ts',
        '!**/test/cases/cases.test.ts',
      ],
    },
    {
      ...withServers,
      displayName: 'full',
      testMatch: ['<rootDir>/test/full/**/*.test.ts'],
    },
  ],
}
