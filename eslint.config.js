import { defineConfig, globalIgnores } from 'eslint/config'
import prettier from 'eslint-config-prettier'
import tseslint from 'typescript-eslint'

/** Folders of the domain in the order data flows; each may import only from those before it. */
const flow = ['state', 'event', 'order', 'definitions', 'session', 'conversion', 'attribution', 'aggregate', 'fold']

/** Each client library has one folder that imports it, so that its defects are handled in one place. */
const owners = {
  kafkajs: 'packages/runtime/src/kafka',
  '@node-rs/crc32': 'packages/runtime/src/kafka',
  '@clickhouse/client': 'packages/runtime/src/clickhouse',
  avsc: 'packages/runtime/src/codec',
  lmdb: 'packages/runtime/src/state-disk',
  pino: 'packages/runtime/src/log',
  'prom-client': 'packages/runtime/src/metrics',
  zod: 'packages/runtime/src/config',
  yaml: 'packages/runtime/src/yaml',
  fastify: 'services/ingest/src/http',
  isbot: 'services/ingest/src/segment',
  re2js: 'packages/domain/src/definitions/regex',
  'ua-parser-js': 'services/ingest/src/segment',
  chdb: 'packages/embedded-clickhouse/src',
  testcontainers: 'packages/stack/src/docker',
}

const noDependency = { regex: '^[^.]', message: 'The core has no dependency.' }

const clockAndChance = [
  { object: 'Date', property: 'now', message: 'The core gets its time from the log.' },
  { object: 'Math', property: 'random', message: 'The core is deterministic; derive ids from the input.' },
]

export default defineConfig(
  globalIgnores(['**/dist/', '**/.tsc-test/', '**/node_modules/', '.cairn/', 'coverage/']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, prettier],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      eqeqeq: 'error',
      complexity: ['error', 12],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['packages/*/src/**/*.ts', 'services/*/src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: Object.keys(owners).map(forbidden) }] },
  },
  {
    // The conformance suite speaks to the server as a user's program would.
    files: ['test/integration/clickhouse-http/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: Object.keys(owners)
            .filter((library) => library !== '@clickhouse/client')
            .map(forbidden),
        },
      ],
    },
  },
  ...[...new Set(Object.values(owners))].map((folder) => ({
    files: [`${folder}/**/*.ts`, `${folder}.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: Object.keys(owners)
            .filter((other) => owners[other] !== folder)
            .map(forbidden),
        },
      ],
    },
  })),
  {
    // Kafka's own client is what ingest is measured against, what empties topics between runs, moves partitions, what
    // others write with, and what reads transactions that were never committed, or records as they come. Docker's file is
    // not one of ours.
    files: [
      'bench/log.ts',
      'bench/ingest/bare-producer.ts',
      'packages/stack/src/docker/compose.test.ts',
      'test/support/arrivals.ts',
      'test/support/foreign-producer.ts',
      'test/support/open-transaction.ts',
      'test/support/retention.ts',
      'test/support/two-brokers.ts',
      'test/support/uncommitted.ts',
    ],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['packages/domain/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [noDependency] }],
      'no-restricted-properties': ['error', ...clockAndChance],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
          message: 'The core gets its time from the log.',
        },
      ],
    },
  },
  ...flow.map((folder, at) => ({
    files: [`packages/domain/src/${folder}/**/*.ts`],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: flow.slice(at + 1).map((later) => `**/${later}/*`),
              message: `${folder} may import only from folders to its left.`,
            },
            noDependency,
          ].filter((p) => p.regex !== undefined || p.group.length > 0),
        },
      ],
    },
  })),
  {
    // The one library of the core: regular expressions in linear time. It is as pure as the core.
    files: ['packages/domain/src/definitions/regex.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ regex: '^(?!re2js$)', message: 'This imports only re2js.' }] }],
    },
  },
)

function forbidden(name) {
  return { name, message: `Only ${owners[name]} imports ${name}.` }
}
