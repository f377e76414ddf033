import { kafkaObstacle, UnknownSchema } from '@cairn/runtime'
import { CommandFailure, exitCode } from './command.ts'
import { systemReason } from './system-error.ts'

/** What to say of an error that is no bug; undefined for a bug, whose stack is wanted. */
export function failureOf(error: unknown, interrupted: AbortSignal): CommandFailure | undefined {
  if (error instanceof CommandFailure) return error
  if (interrupted.aborted && error === interrupted.reason) return new CommandFailure(exitCode.no, 'interrupted')
  if (error instanceof UnknownSchema) return new CommandFailure(exitCode.unavailable, error.message)
  const obstacle = kafkaObstacle(error)
  if (obstacle === undefined) return systemFailure(error)
  return new CommandFailure(
    exitCode.unavailable,
    `Kafka does not do what it is asked: ${obstacle}\nCheck that it runs and answers; one that "cairn up" has started writes kafka.log to logs/ of the data directory.`,
  )
}

function systemFailure(error: unknown): CommandFailure | undefined {
  const reason = systemReason(error)
  if (reason === undefined) return undefined
  const { path, syscall = '' } = error as NodeJS.ErrnoException
  return new CommandFailure(exitCode.unavailable, `${path ?? syscall}: ${reason}`)
}
