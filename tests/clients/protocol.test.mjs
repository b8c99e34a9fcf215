// The API itself, field by field and code by code, through grpc-js and the server's own proto file.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Baton, eventually, expected, variant } from './support/baton.mjs'
import { activate, assertFails, gatewayClient, gatewayDefinition, healthClient, status } from './support/grpc.mjs'

const UNKNOWN_KEY = '2251799813999999'
let baton
let gateway

before(async () => {
  baton = await Baton.start()
  gateway = gatewayClient(baton.address)
})
after(async () => {
  gateway.close()
  await baton.stop()
})

async function deploy(model, id) {
  const resource = await variant(model, id)
  const reply = await gateway.deployResource({ resources: [{ name: resource.name, content: resource.process }] })
  return reply.deployments[0].process
}

const create = (bpmnProcessId, variables = {}, more = {}) =>
  gateway.createProcessInstance({ bpmnProcessId, version: -1, variables: JSON.stringify(variables), ...more })

async function oneJob(id, variables = {}, request = {}) {
  const instance = await create(id, variables)
  const jobs = await activate(gateway, `${id}-work`, request)
  assert.equal(jobs.length, 1)
  return { instance, job: jobs[0] }
}

test('health: both services serve, an unknown one is not found', async () => {
  const health = healthClient(baton.address)
  assert.deepEqual(await health.check({ service: '' }), { status: 'SERVING' })
  assert.deepEqual(await health.check({ service: 'gateway_protocol.Gateway' }), { status: 'SERVING' })
  await assertFails(health.check({ service: 'nothing.here' }), status.NOT_FOUND)
  const first = expected('a health watch answers at once')
  const watch = health.watchStream({ service: 'gateway_protocol.Gateway' })
  watch.on('data', first.resolve).on('error', () => {})
  assert.deepEqual(await first.promise, { status: 'SERVING' })
  watch.cancel()
  health.close()
})

test('topology names one healthy leader', async () => {
  const topology = await gateway.topology()
  assert.equal(topology.clusterSize, 1)
  assert.equal(topology.partitionsCount, 1)
  assert.equal(topology.replicationFactor, 1)
  assert.match(topology.gatewayVersion, /^\d+\.\d+\.\d+/)
  assert.equal(topology.brokers.length, 1)
  assert.equal(topology.brokers[0].port, baton.grpcPort)
  assert.deepEqual(topology.brokers[0].partitions, [{ partitionId: 1, role: 'LEADER', health: 'HEALTHY' }])
})

test('every rpc that this version does not serve answers UNIMPLEMENTED', async () => {
  const served = new Set(['Topology', 'DeployResource', 'CreateProcessInstance', 'CreateProcessInstanceWithResult', 'CancelProcessInstance',
    'SetVariables', 'ResolveIncident', 'CompleteJob', 'FailJob', 'UpdateJobRetries', 'UpdateJobTimeout', 'ActivateJobs', 'StreamActivatedJobs',
    'ThrowError', 'PublishMessage', 'BroadcastSignal', 'EvaluateDecision', 'DeleteResource'])
  const names = Object.keys(gatewayDefinition.service)
  assert.ok(names.length >= 22, `the proto file has ${names.length} rpcs`)
  for (const name of names.filter((rpc) => !served.has(rpc))) {
    const rpc = name[0].toLowerCase() + name.slice(1)
    await assertFails(gateway[rpc]({}), status.UNIMPLEMENTED)
  }
})

test('deployment: versions, duplicates and atomicity', async () => {
  const first = await variant('straight', 'deploy-a')
  const second = await variant('one-task', 'deploy-b')
  const resources = [first, second].map((model) => ({ name: model.name, content: model.process }))
  const reply = await gateway.deployResource({ resources })
  assert.equal(reply.tenantId, '<default>')
  assert.deepEqual(reply.deployments.map((d) => [d.process.bpmnProcessId, d.process.version, d.process.resourceName, d.process.tenantId]),
    [['deploy-a', 1, 'deploy-a.bpmn', '<default>'], ['deploy-b', 1, 'deploy-b.bpmn', '<default>']])

  const again = await gateway.deployResource({ resources })
  assert.notEqual(again.key, reply.key)
  assert.deepEqual(again.deployments, reply.deployments)

  const changed = { name: first.name, content: Buffer.concat([first.process, Buffer.from('<!-- changed -->')]) }
  const newer = await gateway.deployResource({ resources: [changed] })
  assert.equal(newer.deployments[0].process.version, 2)
  assert.notEqual(newer.deployments[0].process.processDefinitionKey, reply.deployments[0].process.processDefinitionKey)

  const good = await variant('straight', 'deploy-good')
  await assertFails(gateway.deployResource({ resources: [{ name: good.name, content: good.process }, { name: 'bad.bpmn', content: Buffer.from('<no') }] }),
    status.INVALID_ARGUMENT, /^Command 'CREATE' rejected with code 'INVALID_ARGUMENT': Expected to deploy new resources, but encountered the following errors:\n.*bad\.bpmn/s)
  await assertFails(create('deploy-good'), status.NOT_FOUND)
  await assertFails(gateway.deployResource({ resources: [] }), status.INVALID_ARGUMENT, /Expected to deploy at least one resource, but none given$/)
  await assertFails(gateway.deployResource({ resources: [{ name: good.name, content: good.process }], tenantId: 'other' }), status.INVALID_ARGUMENT, /multi-tenancy is disabled/)
})

test('creation by id, version and key', async () => {
  const first = await deploy('straight', 'create-by')
  const changed = await variant('straight', 'create-by')
  const second = (await gateway.deployResource({ resources: [{ name: changed.name, content: Buffer.concat([changed.process, Buffer.from('\n')]) }] })).deployments[0].process
  assert.deepEqual([first.version, second.version], [1, 2])

  assert.equal((await create('create-by')).version, 2)
  assert.equal((await create('create-by', {}, { version: 1 })).processDefinitionKey, first.processDefinitionKey)
  const byKey = await gateway.createProcessInstance({ processDefinitionKey: first.processDefinitionKey, variables: '' })
  assert.deepEqual([byKey.bpmnProcessId, byKey.version, byKey.tenantId], ['create-by', 1, '<default>'])
  const tagged = await create('create-by', {}, { tags: ['customer:17', 'vip'], tenantId: '<default>' })
  assert.deepEqual(tagged.tags, ['customer:17', 'vip'])

  await assertFails(create('create-by', {}, { version: 3 }), status.NOT_FOUND,
    "Command 'CREATE' rejected with code 'NOT_FOUND': Expected to find process definition with process ID 'create-by' and version '3', but none found")
  await assertFails(gateway.createProcessInstance({ processDefinitionKey: UNKNOWN_KEY }), status.NOT_FOUND,
    `Command 'CREATE' rejected with code 'NOT_FOUND': Expected to find process definition with key '${UNKNOWN_KEY}', but none found`)
  await assertFails(gateway.createProcessInstance({}), status.INVALID_ARGUMENT, /Expected at least a bpmnProcessId or a key greater than -1, but none given$/)
  await assertFails(create('create-by', {}, { tags: ['1st'] }), status.INVALID_ARGUMENT)
  await assertFails(create('create-by', {}, { tenantId: 'other' }), status.INVALID_ARGUMENT, /multi-tenancy is disabled/)
})

test('an activated job carries every field of the API', async () => {
  const definition = await deploy('one-task', 'fields')
  const before = Date.now()
  const { instance, job } = await oneJob('fields', { number: 1.5, text: 'ä"\\', nothing: null, list: [1, { a: true }] }, { worker: 'w-1', timeout: 30_000 })
  assert.equal(job.type, 'fields-work')
  assert.equal(job.processInstanceKey, instance.processInstanceKey)
  assert.equal(job.bpmnProcessId, 'fields')
  assert.equal(job.processDefinitionVersion, 1)
  assert.equal(job.processDefinitionKey, definition.processDefinitionKey)
  assert.equal(job.elementId, 'work')
  assert.match(job.elementInstanceKey, /^\d+$/)
  assert.deepEqual(JSON.parse(job.customHeaders), { team: 'shipping', note: 'says "hello" to Zürich' })
  assert.equal(job.worker, 'w-1')
  assert.equal(job.retries, 5)
  assert.ok(Number(job.deadline) >= before + 29_000 && Number(job.deadline) <= Date.now() + 31_000, `deadline ${job.deadline}`)
  assert.deepEqual(JSON.parse(job.variables), { number: 1.5, text: 'ä"\\', nothing: null, list: [1, { a: true }] })
  assert.equal(job.tenantId, '<default>')
  assert.equal(job.kind, 'BPMN_ELEMENT')
  assert.equal(job.listenerEventType, 'UNSPECIFIED')
  await gateway.completeJob({ jobKey: job.key })
})

test('job commands on what is not there keep the words of the API', async () => {
  const k = UNKNOWN_KEY
  await assertFails(gateway.completeJob({ jobKey: k }), status.NOT_FOUND,
    `Command 'COMPLETE' rejected with code 'NOT_FOUND': Expected to complete job with key '${k}', but no such job was found`)
  await assertFails(gateway.failJob({ jobKey: k, retries: 1 }), status.NOT_FOUND,
    `Command 'FAIL' rejected with code 'NOT_FOUND': Expected to fail job with key '${k}', but no such job was found`)
  await assertFails(gateway.updateJobRetries({ jobKey: k, retries: 1 }), status.NOT_FOUND,
    `Command 'UPDATE_RETRIES' rejected with code 'NOT_FOUND': Expected to update retries for job with key '${k}', but no such job was found`)
  await assertFails(gateway.updateJobTimeout({ jobKey: k, timeout: 1000 }), status.NOT_FOUND,
    `Command 'UPDATE_TIMEOUT' rejected with code 'NOT_FOUND': Expected to update job deadline with key '${k}', but no such job was found`)
  await assertFails(gateway.cancelProcessInstance({ processInstanceKey: k }), status.NOT_FOUND,
    `Command 'CANCEL' rejected with code 'NOT_FOUND': Expected to cancel a process instance with key '${k}', but no such process was found`)
  await assertFails(gateway.resolveIncident({ incidentKey: k }), status.NOT_FOUND,
    `Command 'RESOLVE' rejected with code 'NOT_FOUND': Expected to resolve incident with key '${k}', but no such incident was found`)
  await assertFails(gateway.setVariables({ elementInstanceKey: k, variables: '{}' }), status.NOT_FOUND,
    /: Expected to update variables for element with key '2251799813999999', but no such element was found$/)
})

test('keys that no server gives out are not found, whatever their sign', async () => {
  for (const key of ['0', '-1', '-9223372036854775808', '9223372036854775807', '1']) {
    await assertFails(gateway.completeJob({ jobKey: key }), status.NOT_FOUND,
      `Command 'COMPLETE' rejected with code 'NOT_FOUND': Expected to complete job with key '${key}', but no such job was found`)
    await assertFails(gateway.cancelProcessInstance({ processInstanceKey: key }), status.NOT_FOUND, new RegExp(`with key '${key}'`))
    await assertFails(gateway.resolveIncident({ incidentKey: key }), status.NOT_FOUND, new RegExp(`with key '${key}'`))
    await assertFails(gateway.setVariables({ elementInstanceKey: key, variables: '{}' }), status.NOT_FOUND, new RegExp(`with key '${key}'`))
  }
})

test('a job is completed once, and its instance cancelled once', async () => {
  await deploy('one-task', 'once')
  const done = await oneJob('once')
  await gateway.completeJob({ jobKey: done.job.key, variables: '{"result":1}' })
  await assertFails(gateway.completeJob({ jobKey: done.job.key }), status.NOT_FOUND,
    `Command 'COMPLETE' rejected with code 'NOT_FOUND': Expected to complete job with key '${done.job.key}', but no such job was found`)
  await assertFails(gateway.failJob({ jobKey: done.job.key, retries: 1 }), status.NOT_FOUND, /Expected to fail job/)
  await assertFails(gateway.cancelProcessInstance({ processInstanceKey: done.instance.processInstanceKey }), status.NOT_FOUND)

  const cancelled = await oneJob('once')
  await gateway.cancelProcessInstance({ processInstanceKey: cancelled.instance.processInstanceKey })
  assert.equal(await baton.instance(cancelled.instance.processInstanceKey), null)
  await assertFails(gateway.completeJob({ jobKey: cancelled.job.key }), status.NOT_FOUND)
  await assertFails(gateway.cancelProcessInstance({ processInstanceKey: cancelled.instance.processInstanceKey }), status.NOT_FOUND)
})

test('many workers complete one job at the same time: one succeeds', async () => {
  await deploy('one-task', 'race')
  const { job } = await oneJob('race')
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => gateway.completeJob({ jobKey: job.key })))
  assert.equal(outcomes.filter((o) => o.status === 'fulfilled').length, 1)
  for (const outcome of outcomes.filter((o) => o.status === 'rejected')) assert.equal(outcome.reason.code, status.NOT_FOUND)
})

test('a failed job: states, incident, and what resolves it', async () => {
  await deploy('one-task', 'failing')
  const { instance, job } = await oneJob('failing')
  await gateway.failJob({ jobKey: job.key, retries: 0, errorMessage: 'the printer is on fire', variables: '{"local":1}' })
  const [incident] = await baton.incidentsOf(instance.processInstanceKey)
  assert.equal(incident.errorType, 'JOB_NO_RETRIES')
  assert.equal(incident.message, 'the printer is on fire')
  assert.equal(incident.jobKey, job.key)

  await assertFails(gateway.completeJob({ jobKey: job.key }), status.FAILED_PRECONDITION,
    `Command 'COMPLETE' rejected with code 'INVALID_STATE': Expected to complete job with key '${job.key}', but it is in state 'FAILED'`)
  await assertFails(gateway.failJob({ jobKey: job.key, retries: 1 }), status.FAILED_PRECONDITION, /Expected to fail job with key '\d+', but it is in state 'FAILED'$/)
  await assertFails(gateway.updateJobTimeout({ jobKey: job.key, timeout: 1000 }), status.FAILED_PRECONDITION,
    `Command 'UPDATE_TIMEOUT' rejected with code 'INVALID_STATE': Expected to update the timeout of job with key '${job.key}', but it is not active`)
  await assertFails(gateway.resolveIncident({ incidentKey: incident.incidentKey }), status.FAILED_PRECONDITION, new RegExp(`job with key '${job.key}' has no retries left`))
  await assertFails(gateway.updateJobRetries({ jobKey: job.key, retries: 0 }), status.INVALID_ARGUMENT,
    `Command 'UPDATE_RETRIES' rejected with code 'INVALID_ARGUMENT': Expected to update retries for job with key '${job.key}' with a positive amount of retries, but the amount given was '0'`)
  await gateway.updateJobRetries({ jobKey: job.key, retries: 2 })
  assert.deepEqual(await activate(gateway, 'failing-work', { requestTimeout: -1 }), [])
  await gateway.resolveIncident({ incidentKey: incident.incidentKey })
  await assertFails(gateway.resolveIncident({ incidentKey: incident.incidentKey }), status.NOT_FOUND)
  const [again] = await activate(gateway, 'failing-work')
  assert.deepEqual([again.key, again.retries], [job.key, 2])
  assert.deepEqual(JSON.parse(again.variables), { local: 1 })
  await gateway.completeJob({ jobKey: again.key })
  assert.equal(await baton.instance(instance.processInstanceKey), null)
})

test('an error message is cut at 10,000 characters and stays text', async () => {
  await deploy('one-task', 'message')
  const { instance, job } = await oneJob('message')
  await gateway.failJob({ jobKey: job.key, retries: 0, errorMessage: `x${'ä'.repeat(20_000)}` })
  const [incident] = await baton.incidentsOf(instance.processInstanceKey)
  assert.match(incident.message, /^xä+$/)
  assert.ok(incident.message.length <= 10_000, `${incident.message.length} characters`)
  const empty = await oneJob('message')
  await gateway.failJob({ jobKey: empty.job.key, retries: 0 })
  assert.equal((await baton.incidentsOf(empty.instance.processInstanceKey))[0].message, 'No more retries left.')
})

test('activation is refused with its reason', async () => {
  const request = { type: 't', worker: 'w', timeout: 1000, maxJobsToActivate: 1, requestTimeout: -1 }
  const refused = [
    [{ type: ' ' }, /type to be present, but it was blank/],
    [{ worker: '' }, /worker to be present, but it was blank/],
    [{ timeout: 0 }, /timeout to be greater than zero, but it was 0/],
    [{ maxJobsToActivate: 0 }, /maxJobsToActivate to be greater than zero, but it was 0/],
    [{ tenantIds: ['other'] }, /multi-tenancy is disabled/],
  ]
  for (const [change, text] of refused) await assertFails(gateway.activateJobs({ ...request, ...change }), status.INVALID_ARGUMENT, text)
  await assertFails(gateway.streamActivatedJobs({ type: '', worker: 'w', timeout: 1000 }), status.INVALID_ARGUMENT, /type to be present/)
  await assertFails(gateway.streamActivatedJobs({ type: 't', worker: 'w', timeout: 0 }), status.INVALID_ARGUMENT, /timeout to be greater/)
  assert.deepEqual(await activate(gateway, 'nobody', { requestTimeout: -1, tenantIds: ['<default>'] }), [])
})

test('long polling waits as long as asked and answers with the first job', async () => {
  await deploy('one-task', 'poll')
  const start = Date.now()
  assert.deepEqual(await activate(gateway, 'poll-work', { requestTimeout: 400 }), [])
  const waited = Date.now() - start
  assert.ok(waited >= 380 && waited < 3000, `an empty poll of 400 ms took ${waited} ms`)

  const poll = activate(gateway, 'poll-work', { requestTimeout: 20_000, maxJobsToActivate: 10 })
  await eventually(async () => /baton_long_polls [1-9]/.test(await (await fetch(`http://127.0.0.1:${baton.httpPort}/metrics`)).text()))
  const created = Date.now()
  await create('poll')
  const jobs = await poll
  const latency = Date.now() - created
  assert.equal(jobs.length, 1)
  assert.ok(latency < 2000, `the job arrived ${latency} ms after its creation`)
  await gateway.completeJob({ jobKey: jobs[0].key })
})

test('jobs come in the order of their creation, at most as many as asked for', async () => {
  await deploy('one-task', 'order')
  for (let n = 0; n < 25; ++n) await create('order', { n })
  const first = await activate(gateway, 'order-work', { maxJobsToActivate: 10 })
  const rest = await activate(gateway, 'order-work', { maxJobsToActivate: 100 })
  assert.deepEqual([...first, ...rest].map((job) => JSON.parse(job.variables).n), Array.from({ length: 25 }, (_, n) => n))
  assert.equal(first.length, 10)
  await Promise.all([...first, ...rest].map((job) => gateway.completeJob({ jobKey: job.key })))
})

test('a job whose deadline passed is given out again; its first worker may still complete it', async () => {
  await deploy('one-task', 'deadline')
  const { job } = await oneJob('deadline', {}, { timeout: 200 })
  const [again] = await activate(gateway, 'deadline-work', { worker: 'other' })
  assert.deepEqual([again.key, again.worker, again.retries], [job.key, 'other', 5])
  await gateway.completeJob({ jobKey: job.key })
})

test('the deadline of an active job can be moved', async () => {
  await deploy('one-task', 'move')
  const { job } = await oneJob('move', {}, { timeout: 3_600_000 })
  await gateway.updateJobTimeout({ jobKey: job.key, timeout: 50 })
  const [again] = await activate(gateway, 'move-work', { requestTimeout: 10_000 })
  assert.equal(again.key, job.key)
  await gateway.completeJob({ jobKey: job.key })
})

test('the longest times of the API mean a long time', async () => {
  await deploy('one-task', 'forever')
  const longest = '9223372036854775807'
  const { job } = await oneJob('forever', {}, { timeout: longest })
  assert.ok(Number(job.deadline) > Date.now() + 1e12, `deadline ${job.deadline}`)
  await gateway.updateJobTimeout({ jobKey: job.key, timeout: longest })
  assert.deepEqual(await activate(gateway, 'forever-work', { requestTimeout: 300 }), [])
  await gateway.failJob({ jobKey: job.key, retries: 1, retryBackOff: longest })
  assert.deepEqual(await activate(gateway, 'forever-work', { requestTimeout: 300 }), [])
  await gateway.cancelProcessInstance({ processInstanceKey: job.processInstanceKey })

  const result = gateway.createProcessInstanceWithResult({ request: { bpmnProcessId: 'forever', version: -1, variables: '{"a":1}' }, requestTimeout: longest })
  const [awaited] = await activate(gateway, 'forever-work', { requestTimeout: 10_000 })
  await gateway.completeJob({ jobKey: awaited.key })
  assert.deepEqual(JSON.parse((await result).variables), { a: 1 })
})

test('jobs of a poll whose client left are given back', async () => {
  await deploy('one-task', 'gone')
  const other = gatewayClient(baton.address)
  const poll = other.activateJobsStream({ type: 'gone-work', worker: 'w', timeout: 3_600_000, maxJobsToActivate: 1, requestTimeout: 60_000 })
  poll.on('error', () => {}).on('data', () => {})
  await eventually(async () => /baton_long_polls [1-9]/.test(await (await fetch(`http://127.0.0.1:${baton.httpPort}/metrics`)).text()))
  poll.cancel()
  other.close()
  await eventually(async () => /baton_long_polls 0/.test(await (await fetch(`http://127.0.0.1:${baton.httpPort}/metrics`)).text()))
  const { job } = await oneJob('gone')
  await gateway.completeJob({ jobKey: job.key })
})

test('a stream gets new jobs with the variables it asked for; every job goes to one worker', async () => {
  await deploy('one-task', 'push')
  await create('push', { n: 'backlog' })
  const stream = gateway.streamActivatedJobsStream({ type: 'push-work', worker: 'pushed', timeout: 60_000, fetchVariable: ['n'] })
  const jobs = []
  stream.on('data', (job) => jobs.push(job)).on('error', () => {})
  await eventually(async () => /baton_job_streams [1-9]/.test(await (await fetch(`http://127.0.0.1:${baton.httpPort}/metrics`)).text()))
  await create('push', { n: 'pushed', m: 'left out' })
  await eventually(() => jobs.some((job) => JSON.parse(job.variables).n === 'pushed'))
  for (const job of jobs) assert.deepEqual([job.worker, Object.keys(JSON.parse(job.variables))], ['pushed', ['n']])
  // A worker of Camunda polls for the backlog; this server may push it as well.
  const polled = await activate(gateway, 'push-work', { requestTimeout: -1 })
  assert.deepEqual([...jobs, ...polled].map((job) => JSON.parse(job.variables).n).sort(), ['backlog', 'pushed'])
  for (const job of [...jobs, ...polled]) await gateway.completeJob({ jobKey: job.key })
  stream.cancel()
})

test('create with result: variables, subset, time-out', async () => {
  await deploy('straight', 'result')
  const request = { bpmnProcessId: 'result', version: -1, variables: '{"a":1,"b":[2]}' }
  const all = await gateway.createProcessInstanceWithResult({ request, requestTimeout: 5000 })
  assert.deepEqual(JSON.parse(all.variables), { a: 1, b: [2] })
  const some = await gateway.createProcessInstanceWithResult({ request, requestTimeout: 5000, fetchVariables: ['b', 'c'] })
  assert.deepEqual(JSON.parse(some.variables), { b: [2] })

  await deploy('one-task', 'slow')
  await assertFails(gateway.createProcessInstanceWithResult({ request: { bpmnProcessId: 'slow', version: -1 }, requestTimeout: 300 }), status.DEADLINE_EXCEEDED, /^Time out between gateway and broker/)
  const [job] = await activate(gateway, 'slow-work')
  await gateway.completeJob({ jobKey: job.key })
  assert.equal(await baton.instance(job.processInstanceKey), null)
  await assertFails(gateway.createProcessInstanceWithResult({ request: { bpmnProcessId: 'not-there', version: -1 }, requestTimeout: 300 }), status.NOT_FOUND)
})

test('variables: local, propagated, mapped', async () => {
  await deploy('two-tasks', 'vars')
  const instance = await create('vars', { order: { amount: 7 }, keep: 1 })
  const [reserve] = await activate(gateway, 'vars-reserve')
  assert.equal(JSON.parse(reserve.variables).amount, 7)
  await gateway.setVariables({ elementInstanceKey: reserve.elementInstanceKey, variables: '{"here":true}', local: true })
  const set = await gateway.setVariables({ elementInstanceKey: reserve.elementInstanceKey, variables: '{"keep":2,"fresh":"x"}' })
  assert.match(set.key, /^\d+$/)
  await gateway.completeJob({ jobKey: reserve.key, variables: '{"reservation":"R-1","dropped":1}' })
  const [ship] = await activate(gateway, 'vars-ship')
  assert.deepEqual(JSON.parse(ship.variables), { order: { amount: 7 }, keep: 2, fresh: 'x', reservationId: 'R-1' })
  const some = await activate(gateway, 'vars-ship', { requestTimeout: -1 })
  assert.deepEqual(some, [])
  await gateway.completeJob({ jobKey: ship.key })
  assert.equal(await baton.instance(instance.processInstanceKey), null)
})

test('an incident of a gateway goes away when its cause does', async () => {
  await deploy('choice', 'choosing')
  const { processInstanceKey } = await create('choosing', { amount: 'many' })
  const [incident] = await baton.incidentsOf(processInstanceKey)
  assert.match(incident.errorType, /^(EXTRACT_VALUE_ERROR|CONDITION_ERROR)$/)
  await gateway.resolveIncident({ incidentKey: incident.incidentKey })
  const [persisting] = await baton.incidentsOf(processInstanceKey)
  assert.notEqual(persisting.incidentKey, incident.incidentKey)
  await gateway.setVariables({ elementInstanceKey: processInstanceKey, variables: '{"amount":500}' })
  await gateway.resolveIncident({ incidentKey: persisting.incidentKey })
  const [job] = await activate(gateway, 'choosing-check')
  await gateway.completeJob({ jobKey: job.key })
  assert.equal(await baton.instance(processInstanceKey), null)
})

test('a stop in order does not wait for those who wait for jobs', async () => {
  const own = await Baton.start()
  const client = gatewayClient(own.address)
  const streamEnded = expected('the end of the stream')
  const stream = client.streamActivatedJobsStream({ type: 'waiting', worker: 'w', timeout: 1000 })
  stream.on('data', () => {}).on('error', streamEnded.resolve)
  const poll = activate(client, 'waiting', { requestTimeout: 600_000 })
  await eventually(async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${own.httpPort}/metrics`)).text()
    return /baton_job_streams 1/.test(metrics) && /baton_long_polls 1/.test(metrics)
  })
  const start = Date.now()
  await own.stop()
  assert.ok(Date.now() - start < 5000, `the stop took ${Date.now() - start} ms`)
  assert.deepEqual(await poll, [])
  assert.equal((await streamEnded.promise).code, status.UNAVAILABLE)
  client.close()
})

test('the server survives kill -9 in mid-life: parked jobs, deadlines, incidents and results are still there', async () => {
  await deploy('one-task', 'killed')
  const active = await oneJob('killed', { n: 'active' }, { timeout: 3_600_000 })
  const failed = await oneJob('killed', { n: 'failed' })
  await gateway.failJob({ jobKey: failed.job.key, retries: 0, errorMessage: 'before the crash' })
  const parked = []
  for (let n = 0; n < 50; ++n) parked.push(await create('killed', { n }))
  await baton.kill()
  await baton.startAgain()
  await baton.getJson('/ready')

  // The channel reconnects by itself; only the first call may still see the lost connection.
  await eventually(() => gateway.topology().then(() => true, () => false))
  const jobs = await activate(gateway, 'killed-work', { maxJobsToActivate: 1000 })
  assert.deepEqual(jobs.map((job) => job.processInstanceKey), parked.map((instance) => instance.processInstanceKey))
  assert.deepEqual(jobs.map((job) => JSON.parse(job.variables).n), Array.from({ length: 50 }, (_, n) => n))
  await gateway.completeJob({ jobKey: active.job.key })
  const [incident] = await baton.incidentsOf(failed.instance.processInstanceKey)
  assert.equal(incident.message, 'before the crash')
  await gateway.updateJobRetries({ jobKey: failed.job.key, retries: 1 })
  await gateway.resolveIncident({ incidentKey: incident.incidentKey })
  const [again] = await activate(gateway, 'killed-work')
  for (const job of [...jobs, again]) await gateway.completeJob({ jobKey: job.key })
  for (const instance of [...parked, active.instance, failed.instance]) {
    assert.equal(await baton.instance(instance.processInstanceKey), null)
  }
})
