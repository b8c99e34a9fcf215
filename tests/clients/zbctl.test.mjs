// zbctl: the command line client (Go), each command as a person or a script would use it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Baton, eventually, modelPath } from './support/baton.mjs'

const zbctlBinary = path.join(path.dirname(createRequire(import.meta.url).resolve('zbctl/package.json')), 'bin', 'zbctl-cli.linux')
const UNKNOWN_KEY = '2251799813999999'
const LIMIT_MS = 30_000
let baton

before(async () => {
  baton = await Baton.start()
})
after(() => baton.stop())

function start(args, address = baton.address) {
  // No settings of the person who runs the tests: neither ZEEBE_* nor a credentials cache.
  const env = { PATH: process.env.PATH, HOME: baton.data }
  return spawn(zbctlBinary, ['--address', address, '--insecure', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

function finished(child) {
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
    child.stdout.on('data', (text) => (stdout += text))
    child.stderr.on('data', (text) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      resolve({ code, signal, stdout, stderr })
    })
  })
}

const run = (...args) => finished(start(args))

async function zbctl(...args) {
  const { code, stdout, stderr } = await run(...args)
  assert.equal(code, 0, `zbctl ${args.join(' ')}: ${stderr}`)
  return stdout
}

const json = async (...args) => JSON.parse(await zbctl(...args))

async function refused(text, ...args) {
  const { code, stderr } = await run(...args)
  assert.equal(code, 1, `zbctl ${args.join(' ')} ended with ${code}`)
  assert.match(stderr, text)
}

const create = (id, variables = {}) => json('create', 'instance', id, '--variables', JSON.stringify(variables))

async function oneJob(type, ...args) {
  const { jobs } = await json('activate', 'jobs', type, '--requestTimeout', '10s', ...args)
  assert.equal(jobs.length, 1)
  return jobs[0]
}

test('status, for people and for programs', async () => {
  const text = await zbctl('status')
  assert.match(text, /Cluster size: 1\nPartitions count: 1\nReplication factor: 1\nGateway version: \d/)
  assert.match(text, /Partition 1 : Leader, Healthy/)
  const status = await json('status', '-o', 'json')
  assert.deepEqual(status.brokers[0].partitions, [{ partitionId: 1, role: 'LEADER', health: 'HEALTHY' }])
})

test('deploy: several files, the same again, and what cannot be deployed', async () => {
  const files = ['one-task', 'two-tasks', 'straight', 'choice'].map(modelPath)
  const first = await json('deploy', 'resource', ...files)
  assert.deepEqual(first.deployments.map(({ process }) => [process.bpmnProcessId, process.version]),
    [['one-task', 1], ['two-tasks', 1], ['straight', 1], ['choice', 1]])
  const again = await json('deploy', 'resource', ...files)
  assert.deepEqual(again.deployments, first.deployments)
  const named = await json('deploy', 'resource', modelPath('straight'), '--resourceNames', 'renamed.bpmn')
  assert.deepEqual([named.deployments[0].process.version, named.deployments[0].process.resourceName], [2, 'renamed.bpmn'])

  const broken = path.join(baton.data, 'broken.bpmn')
  await writeFile(broken, '<bpmn:definitions>')
  await refused(/code = InvalidArgument desc = Command 'CREATE' rejected with code 'INVALID_ARGUMENT': Expected to deploy new resources, but encountered the following errors:[^]*broken\.bpmn/, 'deploy', 'resource', broken)
  await refused(/no such file/, 'deploy', 'resource', path.join(baton.data, 'missing.bpmn'))
})

test('create, activate, complete', async () => {
  const instance = await create('one-task', { a: 1, b: 'two' })
  assert.deepEqual([instance.bpmnProcessId, instance.version, instance.tenantId], ['one-task', 1, '<default>'])
  const job = await oneJob('one-task-work', '--worker', 'me', '--timeout', '1m', '--variables', 'b')
  assert.deepEqual([job.processInstanceKey, job.worker, job.retries], [instance.processInstanceKey, 'me', 5])
  assert.deepEqual(JSON.parse(job.variables), { b: 'two' })
  assert.deepEqual(JSON.parse(job.customHeaders), { team: 'shipping', note: 'says "hello" to Zürich' })
  await zbctl('complete', 'job', job.key, '--variables', '{"done":true}')
  assert.equal(await baton.instance(instance.processInstanceKey), null)
  await refused(new RegExp(`code = NotFound desc = Command 'COMPLETE' rejected with code 'NOT_FOUND': Expected to complete job with key '${job.key}', but no such job was found`), 'complete', 'job', job.key)
})

test('create by key, by version, with result', async () => {
  const byVersion = await json('create', 'instance', 'straight', '--version', '1')
  assert.equal(byVersion.version, 1)
  const byKey = await json('create', 'instance', byVersion.processDefinitionKey)
  assert.deepEqual([byKey.bpmnProcessId, byKey.version], ['straight', 1])
  const result = await json('create', 'instance', 'straight', '--withResult', '--variables', '{"x":[1,2],"y":0}')
  assert.deepEqual([result.version, JSON.parse(result.variables)], [2, { x: [1, 2], y: 0 }])
  const subset = await json('create', 'instance', 'straight', '--withResult=y', '--variables', '{"x":1,"y":0}')
  assert.deepEqual(JSON.parse(subset.variables), { y: 0 })
})

test('fail, incident, update retries, resolve', async () => {
  const instance = await create('one-task')
  const first = await oneJob('one-task-work')
  await zbctl('fail', 'job', first.key, '--retries', '2', '--errorMessage', 'once more')
  const second = await oneJob('one-task-work')
  assert.deepEqual([second.key, second.retries], [first.key, 2])
  await zbctl('fail', 'job', first.key, '--retries', '1', '--retryBackoff', '300ms')
  const failedAt = Date.now()
  const third = await oneJob('one-task-work')
  assert.deepEqual([third.key, third.retries], [first.key, 1])
  assert.ok(Date.now() - failedAt >= 150, `the back-off of 300 ms was over after ${Date.now() - failedAt} ms`)
  await zbctl('fail', 'job', first.key, '--retries', '0', '--errorMessage', 'given up')
  const [incident] = await baton.incidentsOf(instance.processInstanceKey)
  assert.deepEqual([incident.errorType, incident.message], ['JOB_NO_RETRIES', 'given up'])

  await refused(/code = FailedPrecondition/, 'resolve', 'incident', incident.incidentKey)
  await refused(/code = FailedPrecondition desc = Command 'COMPLETE' rejected with code 'INVALID_STATE'/, 'complete', 'job', first.key)
  await refused(/code = InvalidArgument .*positive amount of retries/, 'update', 'retries', first.key, '--retries', '0')
  await zbctl('update', 'retries', first.key, '--retries', '3')
  await zbctl('resolve', 'incident', incident.incidentKey)
  const last = await oneJob('one-task-work')
  assert.deepEqual([last.key, last.retries], [first.key, 3])
  await zbctl('complete', 'job', last.key)
  assert.equal(await baton.instance(instance.processInstanceKey), null)
})

test('set variables: propagated and local', async () => {
  const instance = await create('two-tasks', { order: { amount: 1 }, colour: 'red' })
  const job = await oneJob('two-tasks-reserve')
  const answer = await json('set', 'variables', job.elementInstanceKey, '--variables', '{"colour":"blue","amount":2}', '-o', 'json')
  assert.match(answer.key, /^\d+$/)
  await zbctl('set', 'variables', job.elementInstanceKey, '--local', '--variables', '{"colour":"local"}')
  await zbctl('complete', 'job', job.key, '--variables', '{"reservation":"R-9"}')
  const next = await oneJob('two-tasks-ship')
  assert.deepEqual(JSON.parse(next.variables), { order: { amount: 1 }, colour: 'blue', reservationId: 'R-9' })
  await zbctl('cancel', 'instance', instance.processInstanceKey)
})

test('cancel', async () => {
  const instance = await create('one-task')
  const job = await oneJob('one-task-work')
  await zbctl('cancel', 'instance', instance.processInstanceKey)
  assert.equal(await baton.instance(instance.processInstanceKey), null)
  await refused(/code = NotFound desc = Command 'CANCEL' rejected with code 'NOT_FOUND': Expected to cancel a process instance with key '\d+', but no such process was found/, 'cancel', 'instance', instance.processInstanceKey)
  await refused(/code = NotFound/, 'complete', 'job', job.key)
})

test('a worker passes variables to its handler and completes with the answer', async () => {
  const handler = path.join(baton.data, 'handler.sh')
  await writeFile(handler, '#!/bin/sh\nin=$(cat)\ncase "$in" in *poison*) echo "cannot digest this" >&2; exit 3;; esac\necho "{\\"echo\\":$in}"\n')
  await chmod(handler, 0o755)
  const worker = start(['create', 'worker', 'two-tasks-reserve', '--handler', handler, '--name', 'zb', '--maxJobsActive', '4', '--timeout', '1m'])
  const ended = finished(worker)
  try {
    const good = []
    for (let n = 0; n < 10; ++n) good.push(await create('two-tasks', { order: { amount: n } }))
    const { jobs } = await eventually(async () => {
      const reply = await json('activate', 'jobs', 'two-tasks-ship', '--maxJobsToActivate', '20', '--timeout', '1s', '--requestTimeout', '2s')
      return reply.jobs.length === 10 && reply
    }, 25_000)
    assert.deepEqual(new Set(jobs.map((job) => job.processInstanceKey)), new Set(good.map((i) => i.processInstanceKey)))
    for (const instance of good) await zbctl('cancel', 'instance', instance.processInstanceKey)

    const bad = await create('two-tasks', { order: { amount: 'poison' } })
    const incident = await eventually(async () => (await baton.incidentsOf(bad.processInstanceKey))[0])
    assert.equal(incident.errorType, 'JOB_NO_RETRIES')
    assert.match(incident.message, /cannot digest this/)
    await zbctl('cancel', 'instance', bad.processInstanceKey)
  } finally {
    worker.kill('SIGTERM')
    await ended
  }
})

test('a worker with streams gets its jobs too', async () => {
  const worker = start(['create', 'worker', 'one-task-work', '--handler', 'echo {}', '--streamEnabled', '--pollInterval', '100ms'])
  const ended = finished(worker)
  try {
    const instances = []
    for (let n = 0; n < 10; ++n) instances.push(await create('one-task', { n }))
    for (const { processInstanceKey } of instances) await eventually(async () => (await baton.instance(processInstanceKey)) === null)
  } finally {
    worker.kill('SIGTERM')
    await ended
  }
})

test('an activation without jobs ends with an empty answer', async () => {
  assert.deepEqual(await json('activate', 'jobs', 'nobody-waits', '--requestTimeout', '500ms'), { jobs: [] })
})

test('wrong inputs end with exit code 1 and say why', async () => {
  const k = UNKNOWN_KEY
  await refused(/code = NotFound desc = Command 'CREATE' rejected with code 'NOT_FOUND': Expected to find process definition with process ID 'not-there', but none found/, 'create', 'instance', 'not-there')
  await refused(/Expected to find process definition with process ID 'straight' and version '77', but none found/, 'create', 'instance', 'straight', '--version', '77')
  await refused(/Expected to find process definition with key '2251799813999999', but none found/, 'create', 'instance', k)
  await refused(/requires a JSON object/, 'create', 'instance', 'one-task', '--variables', '[1]')
  await refused(/Expected to fail job with key '2251799813999999', but no such job was found/, 'fail', 'job', k, '--retries', '1')
  await refused(/Expected to update retries for job with key '2251799813999999', but no such job was found/, 'update', 'retries', k, '--retries', '1')
  await refused(/Expected to resolve incident with key '2251799813999999', but no such incident was found/, 'resolve', 'incident', k)
  await refused(/Expected to update variables for element with key '2251799813999999', but no such element was found/, 'set', 'variables', k, '--variables', '{"a":1}')
  await refused(/invalid syntax/, 'cancel', 'instance', 'not-a-number')
  await refused(/code = InvalidArgument desc = .*maxJobsToActivate/, 'activate', 'jobs', 'one-task-work', '--maxJobsToActivate', '0')
  await refused(/code = DeadlineExceeded/, 'create', 'instance', 'one-task', '--withResult', '--requestTimeout', '300ms')
})

test('nobody at the address: exit code 1', async () => {
  const { code, stderr } = await finished(start(['status'], '127.0.0.1:1'))
  assert.equal(code, 1)
  assert.match(stderr, /code = Unavailable/)
})
