// @camunda8/orchestration-cluster-api over REST, with the client's own schemas checking every request and every answer to the
// last field: an unknown or missing one fails the call.
import { createCamundaClient } from '@camunda8/orchestration-cluster-api'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Baton, eventually, expected, variant } from './support/baton.mjs'
import { UNKNOWN_KEY, fails, now } from './support/oca.mjs'

let baton
let client

before(async () => {
  baton = await Baton.start()
  client = createCamundaClient({ config: baton.restConfig() })
})
after(() => baton.stop())

async function deploy(model, id) {
  const { name, process } = await variant(model, id)
  const result = await client.createDeployment({ resources: [new File([process], name)] })
  return result.processes[0]
}
const create = (processDefinitionId, variables = {}, more = {}) => client.createProcessInstance({ processDefinitionId, variables, ...more })
const activate = async (type, more = {}) =>
  (await client.activateJobs({ type, worker: 'oca', timeout: 60_000, maxJobsToActivate: 10, ...more })).jobs

async function oneJob(id, variables = {}, more = {}) {
  const instance = await create(id, variables)
  const jobs = await activate(`${id}-work`, more)
  assert.equal(jobs.length, 1)
  return { instance, job: jobs[0] }
}

test('cluster: topology, status, license, configuration, who am I', async () => {
  const topology = await client.getTopology()
  assert.match(topology.gatewayVersion, /^\d+\.\d+\.\d+$/)
  assert.equal(topology.brokers[0].partitions[0].role, 'leader')
  await client.getStatus()
  assert.equal((await client.getLicense()).validLicense, true)
  assert.equal(typeof (await client.getSystemConfiguration()).jobMetrics.enabled, 'boolean')
  const me = await client.getAuthentication()
  assert.deepEqual(me.authorizedComponents, ['*'])
  assert.equal(me.tenants[0].tenantId, '<default>')
})

test('deploy, and get definition, XML, resource and form', async () => {
  const process = await deploy('one-task', 'oca-deploy')
  assert.equal(process.processDefinitionVersion, 1)
  const processDefinitionKey = process.processDefinitionKey
  const definition = await client.getProcessDefinition({ processDefinitionKey }, now)
  assert.equal(definition.processDefinitionId, 'oca-deploy')
  assert.equal(definition.resourceName, 'oca-deploy.bpmn')
  assert.match(await client.getProcessDefinitionXml({ processDefinitionKey }, now), /<\w*:?definitions/)
  assert.equal((await client.getResource({ resourceKey: processDefinitionKey }, now)).resourceId, 'oca-deploy')
  // The client takes its own reading of an empty answer, {}, for a schema violation: asked without it.
  const form = await fetch(`http://127.0.0.1:${baton.httpPort}/v2/process-definitions/${processDefinitionKey}/form`)
  assert.equal(form.status, 204)
  await fails(client.getProcessDefinition({ processDefinitionKey: UNKNOWN_KEY }, now), 404)
})

test('several files in one deployment; broken ones are refused whole', async () => {
  const files = await Promise.all(['oca-a', 'oca-b'].map((id) => variant('straight', id)))
  const result = await client.createDeployment({ resources: files.map((f) => new File([f.process], f.name)), tenantId: '<default>' })
  assert.deepEqual(result.processes.map((p) => p.processDefinitionId), ['oca-a', 'oca-b'])
  const broken = client.createDeployment({ resources: [new File(['<bpmn'], 'broken.bpmn'), new File([files[0].process], 'again.bpmn')] })
  await fails(broken, 400, 'INVALID_ARGUMENT', /Command 'CREATE' rejected with code 'INVALID_ARGUMENT': Expected to deploy new resources/)
})

test('create, get, variables, cancel', async () => {
  const definition = await deploy('one-task', 'oca-life')
  const created = await create('oca-life', { order: { id: 7 }, text: 'ä"\\' }, { tags: ['a:b'], operationReference: 12 })
  assert.deepEqual([created.processDefinitionId, created.processDefinitionVersion, created.tags], ['oca-life', 1, ['a:b']])
  const byKey = await client.createProcessInstance({ processDefinitionKey: definition.processDefinitionKey, variables: {} })
  assert.equal(byKey.processDefinitionKey, definition.processDefinitionKey)
  const { processInstanceKey } = created
  const instance = await client.getProcessInstance({ processInstanceKey }, now)
  assert.deepEqual([instance.state, instance.hasIncident, instance.tags], ['ACTIVE', false, ['a:b']])
  assert.ok(Math.abs(Date.parse(instance.startDate) - Date.now()) < 60_000)
  const element = await client.getElementInstance({ elementInstanceKey: processInstanceKey }, now)
  assert.equal(element.type, 'PROCESS')
  await client.createElementInstanceVariables({ elementInstanceKey: processInstanceKey, variables: { more: [1, 2] }, local: true })
  assert.deepEqual((await baton.variablesOf(processInstanceKey)).more, [1, 2])
  await client.cancelProcessInstance({ processInstanceKey })
  await fails(client.getProcessInstance({ processInstanceKey }, now), 404)
  await fails(client.cancelProcessInstance({ processInstanceKey }), 404, 'NOT_FOUND', /^Command 'CANCEL' rejected with code 'NOT_FOUND': Expected to cancel a process instance with key '\d+', but no such process was found/)
})

test('create and wait for the result; a wait that is too short', async () => {
  await deploy('straight', 'oca-result')
  await deploy('one-task', 'oca-late')
  const all = await create('oca-result', { a: 1, b: 'x' }, { awaitCompletion: true })
  assert.deepEqual(all.variables, { a: 1, b: 'x' })
  const some = await create('oca-result', { a: 1, b: 'x' }, { awaitCompletion: true, fetchVariables: ['b'], requestTimeout: 5000 })
  assert.deepEqual(some.variables, { b: 'x' })
  await fails(create('oca-late', {}, { awaitCompletion: true, requestTimeout: 100 }), 504, 'DEADLINE_EXCEEDED')
})

test('jobs: activate, complete, fail, incident, retries, timeout', async () => {
  await deploy('one-task', 'oca-job')
  const { instance, job } = await oneJob('oca-job', { n: 1 })
  assert.deepEqual(job.variables, { n: 1 })
  assert.equal(typeof job.customHeaders, 'object')
  assert.ok(job.deadline > Date.now())
  await job.complete({ done: true })
  await fails(client.completeJob({ jobKey: job.jobKey }), 404, 'NOT_FOUND', /^Command 'COMPLETE' rejected/)

  const second = await oneJob('oca-job')
  await client.failJob({ jobKey: second.job.jobKey, retries: 0, errorMessage: 'broken', variables: { why: 'x' } })
  const [incident] = await eventually(async () => {
    const found = await baton.incidentsOf(second.instance.processInstanceKey)
    return found.length > 0 && found
  })
  const got = await client.getIncident({ incidentKey: incident.incidentKey }, now)
  assert.deepEqual([got.errorType, got.errorMessage, got.state], ['JOB_NO_RETRIES', 'broken', 'ACTIVE'])
  await fails(client.resolveIncident({ incidentKey: incident.incidentKey }), 409, 'INVALID_STATE', /has no retries left/)
  await client.updateJob({ jobKey: second.job.jobKey, changeset: { retries: 2 } })
  await client.resolveIncident({ incidentKey: incident.incidentKey })
  const [again] = await activate('oca-job-work')
  assert.equal(again.retries, 2)
  await client.updateJob({ jobKey: again.jobKey, changeset: { retries: 5, timeout: 120_000 } })
  await fails(client.updateJob({ jobKey: again.jobKey, changeset: { retries: -1 } }), 400, 'INVALID_ARGUMENT')
  await again.complete()
  await eventually(async () => (await baton.instance(second.instance.processInstanceKey)) === null)
  assert.equal(await baton.instance(instance.processInstanceKey), null)
})

test('a long poll gets the job as soon as it is there, and ends empty without one', async () => {
  await deploy('one-task', 'oca-poll')
  const begin = Date.now()
  assert.deepEqual(await activate('oca-poll-work', { requestTimeout: 200 }), [])
  assert.ok(Date.now() - begin >= 190)
  const waiting = activate('oca-poll-work', { requestTimeout: 20_000 })
  await eventually(async () => (await baton.metric('baton_long_polls')) === 1)
  await create('oca-poll')
  assert.equal((await waiting).length, 1)
  assert.deepEqual(await activate('oca-poll-work', { requestTimeout: -1 }), [])
})

test('a worker works all jobs', async () => {
  await deploy('two-tasks', 'oca-worker')
  const done = expected('twenty instances end')
  const keys = new Set()
  const workers = ['reserve', 'ship'].map((step) => client.createJobWorker({
    jobType: `oca-worker-${step}`,
    workerName: 'oca',
    jobTimeoutMs: 30_000,
    maxParallelJobs: 8,
    jobHandler: async (job) => job.complete({ [step]: true }),
  }))
  for (let i = 0; i < 20; ++i) keys.add((await create('oca-worker', { i })).processInstanceKey)
  eventually(async () => {
    for (const key of keys) if ((await baton.instance(key)) === null) keys.delete(key)
    return keys.size === 0
  }, 20_000).then(done.resolve, done.reject)
  await done.promise
  for (const worker of workers) worker.stop()
})

test('the clock is pinned and goes on', async () => {
  await deploy('one-task', 'oca-clock')
  await oneJob('oca-clock', {}, { timeout: 3_600_000 })
  const timestamp = Date.now() + 2 * 3_600_000
  await client.pinClock({ timestamp })
  const [again] = await activate('oca-clock-work')  // its first activation has timed out
  assert.equal(again.deadline, timestamp + 60_000)
  await fails(client.pinClock({ timestamp: 1 }), 400, 'INVALID_ARGUMENT', /never goes back/)
  await client.resetClock()
  await again.complete()
})

const dmn = (id, rules) => `<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="${id}-graph" name="Graph" namespace="n">
<decision id="${id}" name="Discount"><decisionTable hitPolicy="UNIQUE"><input id="i" label="Amount"><inputExpression typeRef="number"><text>amount</text></inputExpression></input>
<output id="o" name="discount" typeRef="number"/>${rules}</decisionTable></decision></definitions>`
const rule = (n, when, then) => `<rule id="r${n}"><inputEntry id="e${n}"><text>${when}</text></inputEntry><outputEntry id="o${n}"><text>${then}</text></outputEntry></rule>`

test('decisions: deploy, evaluate, a failure, get, delete', async () => {
  const deployed = await client.createDeployment({ resources: [new File([dmn('oca-discount', rule(1, '&lt; 100', '0') + rule(2, '&gt;= 100', '5'))], 'discount.dmn')] })
  const [decision] = deployed.decisions
  const [graph] = deployed.decisionRequirements
  assert.equal(decision.decisionDefinitionId, 'oca-discount')
  const result = await client.evaluateDecision({ decisionDefinitionId: 'oca-discount', variables: { amount: 120 } })
  assert.equal(result.output, '5')
  assert.equal(result.evaluatedDecisions[0].matchedRules[0].ruleId, 'r2')
  assert.equal(result.evaluatedDecisions[0].evaluatedInputs[0].inputValue, '120')
  const byKey = await client.evaluateDecision({ decisionDefinitionKey: decision.decisionDefinitionKey, variables: { amount: 1 } })
  assert.equal(byKey.output, '0')
  await fails(client.evaluateDecision({ decisionDefinitionId: 'nothing', variables: {} }), 404, 'NOT_FOUND')
  const { decisionDefinitionKey } = decision
  const got = await client.getDecisionDefinition({ decisionDefinitionKey }, now)
  assert.equal(got.decisionRequirementsKey, graph.decisionRequirementsKey)
  assert.match(await client.getDecisionDefinitionXml({ decisionDefinitionKey }, now), /<decision id="oca-discount"/)
  const { decisionRequirementsKey } = graph
  assert.equal((await client.getDecisionRequirements({ decisionRequirementsKey }, now)).resourceName, 'discount.dmn')
  assert.match(await client.getDecisionRequirementsXml({ decisionRequirementsKey }, now), /<definitions/)
  assert.equal((await client.getResource({ resourceKey: decisionRequirementsKey }, now)).resourceId, 'oca-discount-graph')
  await client.deleteResource({ resourceKey: decisionRequirementsKey })
  await fails(client.deleteResource({ resourceKey: decisionRequirementsKey }), 404, 'NOT_FOUND')
  await fails(client.getDecisionDefinition({ decisionDefinitionKey }, now), 404)
})

test('users and tokens', async () => {
  assert.deepEqual(await client.createUser({ username: 'oca', password: 'long enough', name: 'Oca', email: '' }), { username: 'oca', name: 'Oca', email: null })
  assert.equal((await client.getUser({ username: 'oca' }, now)).name, 'Oca')
  await fails(client.createUser({ username: 'oca', password: 'long enough', name: '', email: '' }), 409, 'ALREADY_EXISTS')
  await fails(client.createUser({ username: 'short', password: 'short', name: '', email: '' }), 400, 'INVALID_ARGUMENT')
  assert.equal((await client.updateUser({ username: 'oca', name: 'Other', email: 'o@example.org' })).email, 'o@example.org')
  await fails(client.deleteUser({ username: 'oca' }), 409, 'INVALID_STATE')  // the only one
  await client.createUser({ username: 'oca-2', password: 'long enough', name: '', email: '' })
  await client.deleteUser({ username: 'oca' })
  await fails(client.getUser({ username: 'oca' }, now), 404)
})

test('operations to come answer 501 by name', async () => {
  await fails(client.searchProcessInstances({}, now), 501, 'UNIMPLEMENTED', /searchProcessInstances/)
})
