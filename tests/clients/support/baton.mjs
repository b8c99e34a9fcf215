// A Baton server of one test file: started on free ports with a data directory of its own, killed and started again.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const READY = /is ready: gRPC 127\.0\.0\.1:(\d+), HTTP http:\/\/127\.0\.0\.1:(\d+)/
const START_LIMIT_MS = 30_000
const STOP_LIMIT_MS = 30_000

const running = new Set()
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')))

function binary() {
  assert.ok(process.env.BATON_BIN, 'BATON_BIN names the baton binary to test')
  return process.env.BATON_BIN
}

export class Baton {
  log = ''
  grpcPort = 0
  httpPort = 0

  /** `dev: false`: with authentication, and a set-up link. */
  static async start({ dev = true } = {}) {
    const baton = new Baton()
    baton.dev = dev
    const base = process.env.BATON_TEST_DIR ?? tmpdir()
    await mkdir(base, { recursive: true })
    baton.data = await mkdtemp(path.join(base, 'baton-clients-'))
    await baton.#spawn()
    return baton
  }

  get address() {
    return `127.0.0.1:${this.grpcPort}`
  }

  get pid() {
    return this.child.pid
  }

  /** Starts the same server again: same data, same ports. */
  async startAgain() {
    await this.#spawn()
  }

  /** kill -9: nothing is flushed, no client is told. */
  async kill() {
    const exited = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await exited
  }

  /** Stops in order, asserts a clean exit and a journal that verifies, and removes the data. */
  async stop() {
    assert.equal(this.child.exitCode, null, `the server ended by itself:\n${this.log}`)
    const exited = once(this.child, 'exit')
    this.child.kill('SIGTERM')
    const limit = setTimeout(() => this.child.kill('SIGKILL'), STOP_LIMIT_MS)
    const [code, signal] = await exited
    clearTimeout(limit)
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `the server did not stop cleanly:\n${this.log}`)
    await this.verifyJournal()
    await rm(this.data, { recursive: true })
  }

  async verifyJournal() {
    const { stdout } = await promisify(execFile)(binary(), ['journal', 'verify', '--data', this.data, '--json'])
    const report = JSON.parse(stdout)
    assert.equal(report.ok, true, stdout)
    return report
  }

  /** The frames of the journal; the server must not run. */
  async dumpJournal() {
    const { stdout } = await promisify(execFile)(binary(), ['journal', 'dump', '--data', this.data], { maxBuffer: 1 << 28 })
    return stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line))
  }

  async getJson(resource) {
    const response = await fetch(`http://127.0.0.1:${this.httpPort}${resource}`)
    return { status: response.status, body: await response.json() }
  }

  /** Settings of @camunda8/orchestration-cluster-api: its own schemas check all that goes and comes, no retries. */
  restConfig(more = {}) {
    return {
      CAMUNDA_REST_ADDRESS: `http://127.0.0.1:${this.httpPort}`,
      CAMUNDA_AUTH_STRATEGY: 'NONE',
      CAMUNDA_SDK_VALIDATION: 'req:strict,res:fanatical',
      CAMUNDA_SDK_HTTP_RETRY_MAX_ATTEMPTS: 1,
      CAMUNDA_SDK_LOG_LEVEL: 'silent',
      ...more,
    }
  }

  /** The value of one metric without labels. */
  async metric(name) {
    const text = await (await fetch(`http://127.0.0.1:${this.httpPort}/metrics`)).text()
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)[1])
  }

  /** Creates the first user through the API. */
  setUp(username, password) {
    return fetch(`http://127.0.0.1:${this.httpPort}/v2/setup/user`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.setupToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ username, password }),
    })
  }

  /** What is known of an active instance; null when it is over. */
  async instance(key) {
    const { status, body } = await this.getJson(`/baton/instances/${key}`)
    if (status === 404) return null
    assert.equal(status, 200)
    return body
  }

  async incidentsOf(key) {
    return (await this.instance(key))?.incidents ?? []
  }

  async variablesOf(key) {
    const rows = (await this.instance(key))?.variables ?? []
    return Object.fromEntries(rows.map((row) => [row.name, row.value]))
  }

  async #spawn() {
    const child = spawn(
      binary(),
      ['start', ...(this.dev ? ['--dev'] : []), '--data', this.data, '--grpc', `127.0.0.1:${this.grpcPort}`, '--http', `127.0.0.1:${this.httpPort}`],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    this.child = child
    running.add(child)
    child.once('exit', () => running.delete(child))
    child.stderr.on('data', (text) => (this.log += text))
    const ports = await new Promise((resolve, reject) => {
      let output = ''
      const limit = setTimeout(() => reject(new Error(`the server is not ready:\n${output}${this.log}`)), START_LIMIT_MS)
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${this.log}`)))
      child.stdout.on('data', (text) => {
        output += text
        const ready = READY.exec(output)
        if (!ready) return
        this.setupToken = /\/setup\?token=(\S+)/.exec(output)?.[1]
        clearTimeout(limit)
        resolve(ready)
      })
    })
    child.removeAllListeners('exit')
    child.once('exit', () => running.delete(child))
    this.grpcPort = Number(ports[1])
    this.httpPort = Number(ports[2])
  }
}

const models = new URL('../models/', import.meta.url)

export function modelPath(name) {
  return new URL(`${name}.bpmn`, models).pathname
}

/** A model under a name of its own, so that tests do not take each other's jobs: ids and job types begin with it. */
export async function variant(name, id) {
  const text = await readFile(modelPath(name), 'utf8')
  return { name: `${id}.bpmn`, id, process: Buffer.from(text.replaceAll(`"${name}`, `"${id}`)) }
}

/** Waits until `check` gives something true; fails after `limitMs` with what it gave last. */
export async function eventually(check, limitMs = 10_000) {
  const end = Date.now() + limitMs
  for (;;) {
    const value = await check()
    if (value) return value
    assert.ok(Date.now() < end, `still ${JSON.stringify(value)} after ${limitMs} ms: ${check}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A promise with its settling functions, and a limit after which it fails. */
export function expected(what, limitMs = 15_000) {
  let resolve
  let reject
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]))
  const limit = setTimeout(() => reject(new Error(`${what}: not within ${limitMs} ms`)), limitMs)
  const done = (settle) => (value) => {
    clearTimeout(limit)
    settle(value)
  }
  promise.catch(() => {})
  return { promise, resolve: done(resolve), reject: done(reject) }
}
