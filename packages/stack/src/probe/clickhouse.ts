export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Whether `GET /ping` is answered as ClickHouse answers it. */
export async function answersPing(url: string, timeoutMs: number): Promise<boolean> {
  const answer = await get(new URL('/ping', url), {}, timeoutMs)
  return answer?.status === 200 && answer.body.trim() === 'Ok.'
}

/** What a server says against `SELECT 1` by this user, or undefined when it has nothing against it. */
export async function objectionTo(
  { user, password }: Credentials,
  url: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password }
  const answer = await get(new URL('/?query=SELECT%201', url), headers, timeoutMs)
  if (answer === undefined) return 'no answer to SELECT 1'
  return answer.status === 200 ? undefined : (answer.body.split('\n')[0] ?? '')
}

async function get(url: URL, headers: Readonly<Record<string, string>>, timeoutMs: number) {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) })
    return { status: response.status, body: await response.text() }
  } catch {
    return undefined
  }
}
