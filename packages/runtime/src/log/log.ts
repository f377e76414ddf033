import { pino, type Logger as PinoLogger } from 'pino'

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

/** Structured log: a constant message, everything that varies in fields. */
export type Logger = Pick<PinoLogger, 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'child'>

export function createLogger(options: { readonly service: string; readonly level: LogLevel }): Logger {
  return pino({ level: options.level, base: { service: options.service }, timestamp: pino.stdTimeFunctions.isoTime })
}

export const silentLogger: Logger = pino({ level: 'silent' })
