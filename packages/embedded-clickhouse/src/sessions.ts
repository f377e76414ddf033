import { DatabaseException } from './errors.ts'
import type { Connection, Engine } from './engine.ts'
import { once } from './once.ts'
import type { SessionRequest } from './request.ts'

interface Session {
  readonly connection: Connection
  locked: boolean
  expiry: NodeJS.Timeout | undefined
}

/** A connection for one request. `release` ends its use, once however often it is called; no statement may be running on it then. */
export interface Lease {
  readonly connection: Connection
  /** False for a named session, whose settings outlive the request. */
  readonly fresh: boolean
  release(): void
}

/**
 * Gives each request a connection: its own, which is closed after it, so that no setting, parameter or temporary table can reach
 * another request; or, with a `session_id`, the one of that session, which ends when it has not been used for its timeout.
 */
export class Sessions {
  readonly #engine: Engine
  readonly #named = new Map<string, Session>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** @throws DatabaseException 372 when the session must exist and does not, 373 while another request uses it. */
  lease(request: SessionRequest | undefined): Lease {
    if (request === undefined) {
      const connection = this.#engine.connect()
      return { connection, fresh: true, release: once(() => connection.close()) }
    }
    const session = this.#find(request)
    if (session.locked) {
      throw DatabaseException.of('SESSION_IS_LOCKED', `Session ${request.id} is locked by a concurrent client.`)
    }
    clearTimeout(session.expiry)
    session.locked = true
    return { connection: session.connection, fresh: false, release: once(() => this.#giveBack(request, session)) }
  }

  close(): void {
    for (const id of [...this.#named.keys()]) this.#end(id)
  }

  #find(request: SessionRequest): Session {
    const found = this.#named.get(request.id)
    if (found !== undefined) return found
    if (request.mustExist) throw DatabaseException.of('SESSION_NOT_FOUND', `Session ${request.id} not found.`)
    const session = { connection: this.#engine.connect(), locked: false, expiry: undefined }
    this.#named.set(request.id, session)
    return session
  }

  #giveBack(request: SessionRequest, session: Session): void {
    session.locked = false
    if (request.closeAfter) {
      this.#end(request.id)
      return
    }
    session.expiry = setTimeout(() => this.#end(request.id), request.timeoutSeconds * 1000)
    session.expiry.unref()
  }

  #end(id: string): void {
    const session = this.#named.get(id)
    if (session === undefined) return
    clearTimeout(session.expiry)
    this.#named.delete(id)
    session.connection.close()
  }
}
