import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { faultForm, faultPoints } from '../faults/faults.ts'
import { readYaml } from '../yaml/document.ts'
import { refusalOf } from './setting.ts'

/** Re-exported so that services describe their configuration without another importer of the library. */
export { z }

/** Settings by the names of their environment variables, each with a `.describe()` for the reference. */
export type Settings = z.ZodRawShape

export type Loaded<S extends Settings> =
  | { readonly ok: true; readonly config: z.output<z.ZodObject<S>> }
  | { readonly ok: false; readonly problems: readonly string[] }

/**
 * Reads settings from the environment over an optional YAML file (`CAIRN_CONFIG`) of the same names. All problems are
 * returned at once; a name in the file that is not a setting is one of them.
 */
export function loadConfig<S extends Settings>(
  settings: S,
  env: Readonly<Record<string, string | undefined>>,
): Loaded<S> {
  const file = readFile(env['CAIRN_CONFIG'])
  if (!file.ok) return { ok: false, problems: [file.problem] }
  const unknown = Object.keys(file.values).filter((name) => !(name in settings))
  const given = Object.fromEntries(
    Object.keys(settings).flatMap((name) => {
      const value = env[name] ?? file.values[name]
      return value === undefined || value === ''
        ? []
        : [[name, typeof value === 'string' ? value : JSON.stringify(value)]]
    }),
  )
  const parsed = z.object(settings).safeParse(given)
  const problems = unknown.map(
    (name) =>
      `${name} (in ${String(env['CAIRN_CONFIG'])}): no such setting; known are ${Object.keys(settings).join(', ')}`,
  )
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0])
    const origin = env[name] === undefined && name in given ? ` (in ${String(env['CAIRN_CONFIG'])})` : ''
    const setting = settings[name]
    if (setting !== undefined) problems.push(`${name}${origin}: ${refusalOf(setting, given[name], issue)}`)
  }
  return parsed.success && problems.length === 0 ? { ok: true, config: parsed.data } : { ok: false, problems }
}

function readFile(
  path: string | undefined,
): { ok: true; values: Readonly<Record<string, unknown>> } | { ok: false; problem: string } {
  if (path === undefined || path === '') return { ok: true, values: {} }
  try {
    const { content, problems } = readYaml(readFileSync(path, 'utf8'))
    const [first] = problems
    if (first !== undefined)
      return { ok: false, problem: `CAIRN_CONFIG: ${path}:${first.line}:${first.column}: ${first.message}` }
    if (typeof content === 'object' && content !== null && !Array.isArray(content))
      return { ok: true, values: content as Record<string, unknown> }
    return { ok: false, problem: `CAIRN_CONFIG: ${path} is not a mapping of settings` }
  } catch (error) {
    return {
      ok: false,
      problem: `CAIRN_CONFIG: ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    }
  }
}

/** Settings every service has. */
export const commonSettings = {
  KAFKA_BROKERS: z
    .string()
    .regex(/^[^,\s]+:\d+(,[^,\s]+:\d+)*$/, 'must be host:port, several separated by commas')
    .transform((text) => text.split(','))
    .describe('Kafka brokers to start from, host:port, comma separated'),
  CAIRN_NAMESPACE: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*$/, 'must be lower case letters, digits, - and _')
    .default('cairn')
    .describe('Prefix of topics, groups and transactional ids, and the default database'),
  CAIRN_PARTITIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1024)
    .default(4)
    .describe('Partitions of every topic; fixed once events are there'),
  CAIRN_REPLICATION: z.coerce.number().int().min(1).max(9).default(1).describe('Replicas of topics that are created'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least severe log entries written'),
  METRICS_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address METRICS_PORT is on; 0.0.0.0 where probes come from outside, as into a container'),
  METRICS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .optional()
    .describe('Port of /metrics, /healthz and /readyz; none when absent'),
  SCHEMA_REGISTRY_URL: z
    .url()
    .optional()
    .describe(
      'Schema registry that gives schema ids, asked when a service starts; schemas/avro/ids.json when absent. The same for all services of a namespace',
    ),
  CAIRN_FAULT: z
    .string()
    .regex(
      faultForm,
      `must be <point>=<kill|stop|fail>[@<nth time>][,…] with one of the points ${faultPoints.join(', ')}`,
    )
    .optional()
    .describe('Fault point to act at, for fault tests only'),
} as const
