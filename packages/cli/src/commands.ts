import type { Command } from './command.ts'
import { attribute } from './commands/attribute.ts'
import { check } from './commands/check.ts'
import { deadLetters } from './commands/dead-letters.ts'
import { deploy } from './commands/deploy.ts'
import { down } from './commands/down.ts'
import { lag } from './commands/lag.ts'
import { query } from './commands/query.ts'
import { send } from './commands/send.ts'
import { up } from './commands/up.ts'
import { verify, verifyAndPrint } from './commands/verify.ts'
import { wait } from './commands/wait.ts'
import { demoCommand } from './demo/command.ts'

/** In the order of their use. */
export const commands: readonly Command[] = [
  up,
  down,
  demoCommand(verifyAndPrint),
  send,
  check,
  deploy,
  wait,
  query,
  lag,
  deadLetters,
  attribute,
  verify,
]
