import { docker } from './command.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** An image to run and, for machines that cannot pull it, one built there by scripts/docker-stand-ins.sh. */
export interface ImageChoice {
  readonly name: string
  readonly standIn: string
}

export const kafkaImage: ImageChoice = { name: 'apache/kafka:4.3.1', standIn: 'cairn-test/kafka' }
export const clickHouseImage: ImageChoice = {
  name: 'clickhouse/clickhouse-server:26.7',
  standIn: 'cairn-test/clickhouse',
}

/** Without a network the engine itself gives up only after a long time. */
const pullMinutes = 5
const pullTimeoutMs = pullMinutes * 60_000

/** Whether an image is on this machine, by then: it is pulled if it can be, which `progress` is told of. */
export async function haveImage(
  image: string,
  env: Environment,
  progress: (line: string) => void = () => undefined,
): Promise<boolean> {
  if ((await docker(['image', 'inspect', image], env)).ok) return true
  progress(`pulling image ${image}, for ${pullMinutes} minutes at most; CAIRN_STACK=native does without Docker`)
  return (await docker(['pull', '--quiet', image], env, pullTimeoutMs)).ok
}

/** Which of the two to run: the real one if it can be had, else the stand-in if it was built, else none. */
export async function chooseImage({ name, standIn }: ImageChoice, env: Environment): Promise<string | undefined> {
  if (await haveImage(name, env)) return name
  return (await docker(['image', 'inspect', standIn], env)).ok ? standIn : undefined
}
