// All checks of the project. `--full` adds the slow tests (mutants, long faults), `--only-full` runs nothing but those.
// The last line counts checks and tests together, alone on its line: `N passed, N failed`.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { prepare, report, root } from './setup.mjs'

const onlyFull = process.argv.includes('--only-full')
const full = onlyFull || process.argv.includes('--full')

prepare()
const totals = { passed: 0, failed: 0 }
const projects = [...(onlyFull ? [] : ['unit', 'integration']), ...(full ? ['full'] : [])]
const sources = onlyFull ? undefined : checkSources()
// The slow tests judge delays: nothing else may run beside them.
if (full) await sources
await Promise.all([sources, runTests()])
console.log(`${totals.passed} passed, ${totals.failed} failed`)
process.exit(totals.failed === 0 ? 0 : 1)

/** Where it runs beside the tests, they wait for much; what is wrong is printed as soon as it is known. */
async function checkSources() {
  for (const [name, program, ...args] of [
    ['lint', 'eslint/bin/eslint.js', '.'],
    ['format', 'prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  ]) {
    const start = performance.now()
    const passed = await ends([join(root, 'node_modules', program), ...args], 'inherit')
    report(name, passed, start)
    totals[passed ? 'passed' : 'failed'] += 1
  }
}

async function runTests() {
  const start = performance.now()
  report(`tests (${projects.join(', ')})`, await jest(), start)
}

/** Resolves once a Node program has ended: whether it succeeded. */
function ends(args, stdio) {
  return new Promise((resolve) => {
    spawn(process.execPath, args, { cwd: root, stdio }).on('close', (code) => resolve(code === 0))
  })
}

/** Runs jest on the projects and adds its totals; a test file that could not be loaded counts as one failure. */
async function jest() {
  const results = join(root, '.cairn', 'test-results.json')
  mkdirSync(join(root, '.cairn'), { recursive: true })
  rmSync(results, { force: true })
  const workers = projects.includes('full') ? ['--maxWorkers', '1'] : []
  const options = ['--passWithNoTests', ...workers, '--json', '--outputFile', results]
  const args = [join(root, 'scripts', 'jest.mjs'), '--selectProjects', ...projects, ...options]
  // The JSON goes to the file; jest's report to standard error.
  const green = await ends(args, ['inherit', 'ignore', 'inherit'])
  const told = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : undefined
  const failed = (told?.numFailedTests ?? 0) + (told?.numRuntimeErrorTestSuites ?? 0)
  totals.passed += told?.numPassedTests ?? 0
  for (const name of testsThatWere('pending', told)) console.log(`skipped: ${name}`)
  // Once more, after jest's long report: what is cut short keeps its end.
  for (const name of testsThatWere('failed', told)) console.log(`failed: ${name}`)
  // Servers that did not start, or an open handle, fail the run without failing a test.
  totals.failed += failed === 0 && !green ? 1 : failed
  return green
}

/** The names of tests that ended so; those of skipped ones say why. A file that could not be loaded goes by its path. */
function testsThatWere(ended, told) {
  return (told?.testResults ?? []).flatMap(({ name, status, assertionResults }) => {
    const file = relative(root, name)
    if (assertionResults.length === 0 && status === ended) return [file]
    const results = assertionResults.filter((result) => result.status === ended)
    return results.map(({ fullName }) => `${file} ${fullName}`)
  })
}
