// Opens a database in each folder and says, a line each, whether it is open or why it is not: `node open-disks.js FOLDER …`.
// Runs in a process of its own: an open that fails could end it.
import { openTables } from '../../packages/runtime/dist/state-disk/database.js'

for (const folder of process.argv.slice(2)) {
  try {
    await openTables(folder).root.close()
    console.log('open')
  } catch (error) {
    console.log(error.reason)
  }
}
