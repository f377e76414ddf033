const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testEnvironmentOptions: { exportConditions: ['source', 'node', 'node-addons', 'import'] },
  testEnvironment: 'node',
  watchPathIgnorePatterns: ['<rootDir>/.cairn'],
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.cairn'],
}

/** @type {import('jest').Config} */
export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/packages/*/src/**/*.test.ts', '<rootDir>/services/*/src/**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: [
        '<rootDir>/test/integration/**/*.test.ts',
        '<rootDir>/test/faults/**/*.test.ts',
        '<rootDir>/test/cases/**/*.test.ts',
      ],
    },
  ],
}
