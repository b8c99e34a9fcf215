// @camunda8/sdk over gRPC (gzip on every request), used as applications use it.
import { Camunda8 } from '@camunda8/sdk'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Baton, eventually, expected, modelPath, variant } from './support/baton.mjs'

// Workers keep a timer of this length after they were closed.
const quick = { longPoll: 2000, loglevel: 'NONE' }
const UNKNOWN_KEY = '2251799813999999'
const JOB_TIMEOUT_MS = 60_000
let baton
let client

/** Errors are seen as they come unless the test is about the client's own retries. */
function connect(settings = {}) {
  return new Camunda8({
    CAMUNDA_AUTH_STRATEGY: 'NONE',
    ZEEBE_GRPC_ADDRESS: `grpc://${baton.address}`,
    zeebeGrpcSettings: { ZEEBE_CLIENT_LOG_LEVEL: 'NONE', ZEEBE_GRPC_CLIENT_RETRY: false, ...settings },
  }).getZeebeGrpcApiClient()
}

before(async () => {
  baton = await Baton.start()
  client = connect()
})
after(async () => {
  await client.close()
  await baton.stop()
})

async function deploy(model, id) {
  const { name, process } = await variant(model, id)
  return (await client.deployResource({ name, process })).deployments[0].process
}

const create = (bpmnProcessId, variables = {}) => client.createProcessInstance({ bpmnProcessId, variables })

const activate = (type, request = {}) =>
  client.activateJobs({ type, worker: 'test', timeout: JOB_TIMEOUT_MS, maxJobsToActivate: 32, requestTimeout: 10_000, ...request })

async function oneJob(id, variables = {}, request = {}) {
  const instance = await create(id, variables)
  const jobs = await activate(`${id}-work`, request)
  assert.equal(jobs.length, 1)
  return { instance, job: jobs[0] }
}

async function fails(promise, code, text) {
  let reply
  try {
    reply = await promise
  } catch (error) {
    assert.equal(error.code, code, error.message)
    if (text instanceof RegExp) assert.match(error.details, text)
    else if (text !== undefined) assert.equal(error.details, text)
    return
  }
  assert.fail(`expected code ${code}, but the call succeeded: ${JSON.stringify(reply)}`)
}

const over = (instance) => eventually(async () => (await baton.instance(instance.processInstanceKey)) === null)

test('topology and an eager connection', async () => {
  const eager = connect({ ZEEBE_GRPC_CLIENT_EAGER_CONNECT: true })
  assert.equal((await eager.topology()).brokers[0].partitions[0].role, 'LEADER')
  await eager.close()
})

test('deploy a file, and several at once', async () => {
  const reply = await client.deployResource({ processFilename: modelPath('straight') })
  assert.equal(reply.deployments[0].process.bpmnProcessId, 'straight')
  assert.match(reply.deployments[0].process.resourceName, /straight\.bpmn$/)
  const several = await client.deployResources([{ processFilename: modelPath('one-task') }, { processFilename: modelPath('choice') }])
  assert.deepEqual(several.deployments.map((d) => d.process.bpmnProcessId), ['one-task', 'choice'])
  await fails(client.deployResource({ name: 'broken.bpmn', process: Buffer.from('<bpmn') }), 3, /^Command 'CREATE' rejected with code 'INVALID_ARGUMENT': Expected to deploy new resources, but encountered the following errors:\n.*broken\.bpmn/s)
})

test('create, with result, with a subset of the result', async () => {
  await deploy('straight', 'sdk-result')
  const created = await create('sdk-result', { a: 1 })
  assert.deepEqual([created.bpmnProcessId, created.version, created.tenantId], ['sdk-result', 1, '<default>'])
  assert.match(created.processInstanceKey, /^\d+$/)
  const variables = { a: 1, b: { c: [true, 'x'] } }
  const all = await client.createProcessInstanceWithResult({ bpmnProcessId: 'sdk-result', variables, requestTimeout: 5000 })
  assert.deepEqual(all.variables, variables)
  const some = await client.createProcessInstanceWithResult({ bpmnProcessId: 'sdk-result', variables, requestTimeout: 5000, fetchVariables: ['a'] })
  assert.deepEqual(some.variables, { a: 1 })
})

test('a polling worker carries instances to their end, with variables and headers', async () => {
  await deploy('one-task', 'sdk-worker')
  const seen = []
  const worker = client.createWorker({
    taskType: 'sdk-worker-work',
    taskHandler: (job) => {
      seen.push(job)
      return job.complete({ doubled: job.variables.n * 2 })
    },
    ...quick,
  })
  const results = await Promise.all(Array.from({ length: 40 }, (_, n) =>
    client.createProcessInstanceWithResult({ bpmnProcessId: 'sdk-worker', variables: { n }, requestTimeout: 20_000 })))
  assert.deepEqual(results.map((r) => r.variables), Array.from({ length: 40 }, (_, n) => ({ n, doubled: n * 2 })))
  assert.equal(seen.length, 40)
  assert.deepEqual({ ...seen[0].customHeaders }, { team: 'shipping', note: 'says "hello" to Zürich' })
  assert.equal(seen[0].retries, 5)
  await worker.close()
})

test('a worker sees only the variables it fetches', async () => {
  await deploy('one-task', 'sdk-fetch')
  const done = expected('the worker gets its job')
  const worker = client.createWorker({
    taskType: 'sdk-fetch-work',
    fetchVariable: ['b'],
    taskHandler: (job) => {
      done.resolve(job.variables)
      return job.complete()
    },
    ...quick,
  })
  await create('sdk-fetch', { a: 1, b: 2, c: 3 })
  assert.deepEqual({ ...(await done.promise) }, { b: 2 })
  await worker.close()
})

test('a stream worker is pushed new jobs and polls the backlog', async () => {
  await deploy('one-task', 'sdk-stream')
  const before = []
  for (let n = 0; n < 5; ++n) before.push(await create('sdk-stream', { n }))
  const own = connect()
  const handled = []
  await own.streamJobs({
    type: 'sdk-stream-work',
    worker: 'streaming',
    timeout: JOB_TIMEOUT_MS,
    taskHandler: (job) => {
      handled.push(job.variables.n)
      return job.complete({})
    },
  })
  const later = await Promise.all(Array.from({ length: 45 }, (_, n) => create('sdk-stream', { n: n + 5 })))
  for (const instance of [...before, ...later]) await over(instance)
  assert.deepEqual([...handled].sort((a, b) => a - b), Array.from({ length: 50 }, (_, n) => n))
  await own.close()
})

test('a failing worker: retries with back-off, then an incident, then completion', async () => {
  await deploy('one-task', 'sdk-fail')
  const attempts = []
  let broken = true
  const worker = client.createWorker({
    taskType: 'sdk-fail-work',
    taskHandler: (job) => {
      attempts.push({ at: Date.now(), retries: job.retries })
      if (!broken) return job.complete({ repaired: true })
      return job.fail({ errorMessage: `attempt ${attempts.length}`, retries: 2 - attempts.length, retryBackOff: 250 })
    },
    ...quick,
  })
  const instance = await create('sdk-fail')
  const incident = await eventually(async () => (await baton.incidentsOf(instance.processInstanceKey))[0])
  assert.equal(attempts.length, 2)
  assert.deepEqual(attempts.map((a) => a.retries), [5, 1])
  assert.ok(attempts[1].at - attempts[0].at >= 240, `the back-off of 250 ms took ${attempts[1].at - attempts[0].at} ms`)
  assert.deepEqual([incident.errorType, incident.message], ['JOB_NO_RETRIES', 'attempt 2'])

  await fails(client.resolveIncident({ incidentKey: incident.incidentKey }), 9, /has no retries left/)
  broken = false
  await client.updateJobRetries({ jobKey: incident.jobKey, retries: 4 })
  await client.resolveIncident({ incidentKey: incident.incidentKey })
  await over(instance)
  assert.deepEqual(attempts.map((a) => a.retries), [5, 1, 4])
  await worker.close()
})

test('a worker that throws fails its job with the text of the exception', async () => {
  await deploy('one-task', 'sdk-throw')
  const { job, instance } = await oneJob('sdk-throw')
  await client.failJob({ jobKey: job.key, retries: 1, errorMessage: 'one left', retryBackOff: 0 })
  const worker = client.createWorker({
    taskType: 'sdk-throw-work',
    taskHandler: () => {
      throw new Error('a bug in the worker')
    },
    ...quick,
  })
  const incident = await eventually(async () => (await baton.incidentsOf(instance.processInstanceKey))[0])
  assert.match(incident.message, /a bug in the worker/)
  await worker.close()
  await client.cancelProcessInstance(instance.processInstanceKey)
})

test('cancel ends the instance; its job is gone', async () => {
  await deploy('one-task', 'sdk-cancel')
  const { job, instance } = await oneJob('sdk-cancel')
  await client.cancelProcessInstance(instance.processInstanceKey)
  assert.equal(await baton.instance(instance.processInstanceKey), null)
  await fails(client.completeJob({ jobKey: job.key, variables: {} }), 5)
  await fails(client.cancelProcessInstance(instance.processInstanceKey), 5,
    `Command 'CANCEL' rejected with code 'NOT_FOUND': Expected to cancel a process instance with key '${instance.processInstanceKey}', but no such process was found`)
})

test('a job that nobody finished is given to the next worker', async () => {
  await deploy('one-task', 'sdk-timeout')
  const { job } = await oneJob('sdk-timeout', {}, { timeout: 250, worker: 'lost' })
  const [again] = await activate('sdk-timeout-work', { worker: 'next' })
  assert.deepEqual([again.key, again.worker, again.retries], [job.key, 'next', job.retries])
  await client.updateJobTimeout({ jobKey: again.key, timeout: 3_600_000 })
  await client.completeJob({ jobKey: again.key, variables: {} })
})

test('a job created while a poll waits arrives at once', async () => {
  await deploy('one-task', 'sdk-poll')
  const poll = activate('sdk-poll-work', { requestTimeout: 30_000 })
  await eventually(async () => /baton_long_polls [1-9]/.test(await (await fetch(`http://127.0.0.1:${baton.httpPort}/metrics`)).text()))
  const start = Date.now()
  await create('sdk-poll')
  const [job] = await poll
  assert.ok(Date.now() - start < 2000, `the job arrived after ${Date.now() - start} ms`)
  await client.completeJob({ jobKey: job.key, variables: {} })
})

test('completing twice, unknown keys and unknown processes have the texts that the client knows', async () => {
  await deploy('one-task', 'sdk-twice')
  const { job } = await oneJob('sdk-twice')
  await client.completeJob({ jobKey: job.key, variables: {} })
  // The client knows this answer and adds an explanation of its own.
  await fails(client.completeJob({ jobKey: job.key, variables: {} }), 5,
    new RegExp(`^Command 'COMPLETE' rejected with code 'NOT_FOUND': Expected to complete job with key '${job.key}', but no such job was found\\. The process may`))
  await fails(client.failJob({ jobKey: job.key, retries: 1, errorMessage: 'x' }), 5,
    `Command 'FAIL' rejected with code 'NOT_FOUND': Expected to fail job with key '${job.key}', but no such job was found`)
  await fails(client.cancelProcessInstance(UNKNOWN_KEY), 5,
    `Command 'CANCEL' rejected with code 'NOT_FOUND': Expected to cancel a process instance with key '${UNKNOWN_KEY}', but no such process was found`)
  await fails(create('sdk-not-there'), 5,
    "Command 'CREATE' rejected with code 'NOT_FOUND': Expected to find process definition with process ID 'sdk-not-there', but none found")
  await fails(client.createProcessInstance({ bpmnProcessId: 'sdk-twice', version: 9, variables: {} }), 5, /with process ID 'sdk-twice' and version '9', but none found$/)
  await fails(client.updateJobRetries({ jobKey: UNKNOWN_KEY, retries: 1 }), 5, /Expected to update retries for job with key/)
  await fails(client.resolveIncident({ incidentKey: UNKNOWN_KEY }), 5, /Expected to resolve incident with key/)
  await fails(client.setVariables({ elementInstanceKey: UNKNOWN_KEY, variables: {}, local: false }), 5, /Expected to update variables for element with key/)
})

test('variables that are no JSON object are refused by the server', async () => {
  await deploy('one-task', 'sdk-json')
  // The client checks objects itself: what it cannot check goes through the channel that it uses.
  const channel = await client.grpc
  const raw = (variables) => channel.createProcessInstanceSync({ bpmnProcessId: 'sdk-json', version: -1, variables })
  for (const variables of ['{', '[1]', '"text"', '17', '{"a":}', '{"a":1}x', "{'a':1}", '{"a":NaN}']) {
    await fails(raw(variables), 3, /^Expected variables to be a valid JSON object/)
  }
  const { job } = await oneJob('sdk-json')
  await fails(channel.completeJobSync({ jobKey: job.key, variables: '[]' }), 3, /^Expected variables to be a valid JSON object/)
  await client.completeJob({ jobKey: job.key, variables: { fine: null } })
})

test('set variables: local and propagated', async () => {
  await deploy('two-tasks', 'sdk-vars')
  const instance = await create('sdk-vars', { order: { amount: 3 }, colour: 'red' })
  const [reserve] = await activate('sdk-vars-reserve')
  await client.setVariables({ elementInstanceKey: reserve.elementInstanceKey, variables: { colour: 'blue' }, local: false })
  await client.setVariables({ elementInstanceKey: reserve.elementInstanceKey, variables: { colour: 'local' }, local: true })
  await client.completeJob({ jobKey: reserve.key, variables: { reservation: 'R-2' } })
  const [ship] = await activate('sdk-vars-ship')
  assert.deepEqual({ ...ship.variables, order: { ...ship.variables.order } }, { order: { amount: 3 }, colour: 'blue', reservationId: 'R-2' })
  await client.completeJob({ jobKey: ship.key, variables: {} })
  await over(instance)
})

test('5 MB are refused, whether they compress well or not, and the channel stays usable', async () => {
  await deploy('straight', 'sdk-big')
  const megabytes = 5 * 1024 * 1024
  await fails(create('sdk-big', { text: 'x'.repeat(megabytes) }), 8)
  await fails(create('sdk-big', { text: randomBytes((megabytes * 3) / 4).toString('base64') }), 8)
  const text = 'y'.repeat(1_000_000)
  const result = await client.createProcessInstanceWithResult({ bpmnProcessId: 'sdk-big', variables: { text }, requestTimeout: 10_000 })
  assert.equal(result.variables.text, text)
})

test('a worker goes on after kill -9 of the server, and nothing acknowledged is lost', async () => {
  await deploy('one-task', 'sdk-crash')
  const parked = []
  for (let n = 0; n < 20; ++n) parked.push(await create('sdk-crash', { n }))
  const held = (await activate('sdk-crash-work', { maxJobsToActivate: 5, timeout: 3_600_000 })).map((job) => job.key)
  assert.equal(held.length, 5)

  const persistent = connect({ ZEEBE_GRPC_CLIENT_RETRY: true, ZEEBE_GRPC_CLIENT_INITIAL_RETRY_DELAY_MS: 50 })
  const completed = []
  let killed = false
  const started = expected('the worker has a job before the crash')
  const worker = persistent.createWorker({
    taskType: 'sdk-crash-work',
    pollInterval: 100,
    maxJobsToActivate: 3,
    timeout: 2000,
    taskHandler: async (job) => {
      // The first three are in the worker's hands while the server dies.
      started.resolve()
      if (!killed) await eventually(() => killed)
      const outcome = await job.complete({ by: 'worker' })
      completed.push(job.variables.n)
      return outcome
    },
    ...quick,
  })
  await started.promise
  await baton.kill()
  await baton.startAgain()
  killed = true
  const other = parked.slice(5)
  for (const instance of other) await eventually(async () => (await baton.instance(instance.processInstanceKey)) === null, 30_000)
  assert.deepEqual([...new Set(completed)].sort((a, b) => a - b), other.map((_, index) => index + 5))
  for (const jobKey of held) await eventually(() => client.completeJob({ jobKey, variables: {} }).then(() => true, (error) => assert.equal(error.code, 14)))
  for (const instance of parked) await over(instance)
  await worker.close()
  await persistent.close()
})
