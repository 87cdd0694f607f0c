// `npm test` and `npm run demo` from a fresh clone: checks Node, installs what is missing, then hands over.
// Plain Node, no packages: it runs before anything is installed. Promises: one run at a time of the child, every
// signal reaches it once, and it does not outlive us.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { countTests } from './bootstrap/count-tests.mjs'
import { isInstalled } from './bootstrap/installed.mjs'
import { npmAncestor, stillLives } from './bootstrap/npm-ancestor.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const OLDEST_NODE = [20, 19]

const say = (line) => process.stderr.write(`${line}\n`)

const fail = (line, code) => {
  say(line)
  process.exit(code)
}

const checkNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  fail(
    `Node ${OLDEST_NODE.join('.')} or later is needed, this is ${process.versions.node}: https://nodejs.org`,
    1,
  )
}

/** npm as a program: the one that runs us, else the one on the path. */
const npm = (args) => {
  const script = process.env.npm_execpath
  const [command, first] = script?.endsWith('.js') ? [process.execPath, [script]] : ['npm', []]
  const shell = command === 'npm' && process.platform === 'win32'
  return spawnSync(command, [...first, ...args], { cwd: root, encoding: 'utf8', shell, maxBuffer: 1 << 26 })
}

const install = () => {
  if (isInstalled(root)) return
  say('installing the packages of package-lock.json (npm ci); this takes about half a minute …')
  // NODE_ENV=production or an npm setting may leave out what tests and demo need.
  const { status, error, stdout, stderr } = npm([
    'ci',
    '--include=dev',
    '--include=optional',
    '--loglevel=error',
  ])
  if (status === 0) return
  fail(`npm ci failed:\n${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`, 1)
}

const succeeds = (command, args, env = {}) =>
  spawnSync(command, args, { stdio: 'ignore', env: { ...process.env, ...env } }).status === 0

/** Some suites want a Redis. Root on Debian gets one; the global setup says what happens without. */
const installRedis = () => {
  if (succeeds('redis-server', ['--version'])) return
  const mayInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version')
  if (!mayInstall) return
  say('installing redis-server with apt-get (for the tests on Redis) …')
  // RUNLEVEL=1 keeps the package from starting a server of its own: the tests start a private one.
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const done =
    succeeds('apt-get', ['update', '-qq'], env) &&
    succeeds('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'], env)
  if (!done) say('apt-get could not install redis-server')
}

/**
 * Runs a Node program with our terminal. It sits in a process group of its own, so that Ctrl-C reaches it once,
 * through us; it ends when we are killed (the channel closes), and we end it when the npm that runs us is killed.
 */
const runNode = (args, onEnd) =>
  new Promise((resolve) => {
    const guard = new URL('./bootstrap/end-with-parent.mjs', import.meta.url).href
    const child = spawn(process.execPath, ['--import', guard, ...args], {
      cwd: root,
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      detached: process.platform !== 'win32',
      env: { ...process.env, BOOTSTRAP_ON_PARENT_END: onEnd },
    })
    let lastSignalAt = 0
    const forward = (name) => {
      // npm passes on the Ctrl-C that the terminal gave us already; a second one by hand comes later.
      if (Date.now() - lastSignalAt < 700) return
      lastSignalAt = Date.now()
      child.kill(name)
    }
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => forward(name))
    const ancestor = npmAncestor()
    const watch = setInterval(() => {
      if (stillLives(ancestor)) return
      clearInterval(watch)
      child.kill('SIGTERM')
    }, 300)
    child.once('error', (error) => fail(`cannot start ${args[0]}: ${error.message}`, 1))
    child.once('exit', (code, name) => {
      clearInterval(watch)
      resolve(code ?? (name === 'SIGINT' ? 130 : 143))
    })
  })

const test = async (args) => {
  installRedis()
  const folder = mkdtempSync(join(tmpdir(), 'tekmetric-warehouse-results-'))
  const results = join(folder, 'results.json')
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
  const code = await runNode([vitest, 'run', ...reporters, ...args], 'exit')
  const { line, failed } = countTests(existsSync(results) ? readFileSync(results, 'utf8') : '', code)
  rmSync(folder, { recursive: true, force: true })
  process.stdout.write(`${line}\n`)
  return code === 0 && failed > 0 ? 1 : code
}

const demo = (args) => runNode([join(root, 'bin', 'warehouse.mjs'), 'demo', ...args], 'SIGTERM')

const commands = { test, demo }
const [name, ...args] = process.argv.slice(2)
const command = commands[name]
if (command === undefined) fail('usage: node scripts/bootstrap.mjs test|demo [arguments]', 2)
checkNode()
install()
process.exitCode = await command(args)
