// @camunda8/sdk over REST, and the calls with which Camunda Modeler and c8ctl begin.
import { Camunda8 } from '@camunda8/sdk'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Baton, eventually, expected, modelPath, variant } from './support/baton.mjs'

let baton
let client
before(async () => {
  baton = await Baton.start()
  client = new Camunda8({
    CAMUNDA_AUTH_STRATEGY: 'NONE',
    ZEEBE_REST_ADDRESS: `http://127.0.0.1:${baton.httpPort}`,
    CAMUNDA_LOG_LEVEL: 'none',
  }).getCamundaRestClient()
})
after(() => baton.stop())

const deploy = async (model, id) => {
  const { name, process } = await variant(model, id)
  return client.deployResources([{ name, content: process.toString() }])
}

test('topology, deployment from a string and from a file', async () => {
  assert.match((await client.getTopology()).gatewayVersion, /^\d+\.\d+\.\d+$/)
  const deployed = await deploy('one-task', 'rest-sdk')
  assert.equal(deployed.processes[0].processDefinitionId, 'rest-sdk')
  const file = await client.deployResourcesFromFiles([modelPath('straight')])
  assert.equal(file.processes[0].processDefinitionVersion, 1)
})

test('create, with result, cancel', async () => {
  await deploy('one-task', 'rest-sdk-life')
  const created = await client.createProcessInstance({ processDefinitionId: 'rest-sdk-life', variables: { a: 1 } })
  assert.match(created.processInstanceKey, /^\d+$/)
  await client.cancelProcessInstance({ processInstanceKey: created.processInstanceKey })
  await deploy('straight', 'rest-sdk-result')
  const result = await client.createProcessInstanceWithResult({ processDefinitionId: 'rest-sdk-result', variables: { a: 1 } })
  assert.deepEqual({ ...result.variables }, { a: 1 })
})

test('a worker completes and fails jobs', async () => {
  await deploy('one-task', 'rest-sdk-worker')
  const done = expected('ten jobs')
  let completed = 0
  let failed = 0
  const worker = client.createJobWorker({
    type: 'rest-sdk-worker-work',
    worker: 'rest',
    timeout: 30_000,
    maxJobsToActivate: 5,
    jobHandler: async (job) => {
      if (failed++ === 0) return job.fail({ errorMessage: 'once', retries: 2, retryBackOff: 0 })
      const receipt = await job.complete({ done: true })
      if (++completed === 10) done.resolve()
      return receipt
    },
  })
  for (let i = 0; i < 10; ++i) await client.createProcessInstance({ processDefinitionId: 'rest-sdk-worker', variables: { i } })
  await done.promise
  worker.stop()
  assert.equal(failed > 0, true)
})

const call = async (method, path, body) => {
  const response = await fetch(`http://127.0.0.1:${baton.httpPort}/v2${path}`, {
    method, headers: { accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}) }, body: body && JSON.stringify(body) })
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}

test('the first calls of Camunda Modeler', async () => {
  const topology = await call('GET', '/topology')
  assert.equal(topology.status, 200)
  assert.match(JSON.parse(topology.text).gatewayVersion, /^8\.\d+\.\d+$/)  // compared with the diagram's platform version
  const me = await call('GET', '/authentication/me')
  assert.equal(me.status, 200)
  assert.ok(JSON.parse(me.text).authorizedComponents.includes('*'))
  // Task testing asks for history, which is tolerated to be missing when it says so.
  for (const [path, body] of [['/process-instances/search', { filter: {} }], ['/variables/search?truncateValues=false', {}], ['/element-instances/search', {}],
    ['/jobs/search', {}], ['/message-subscriptions/search', {}], ['/user-tasks/search', {}], ['/authentication/me/authorizations/search', {}],
    ['/cluster-variables/search', {}], ['/secrets/list', {}]]) {
    const answer = await call('POST', path, body)
    assert.equal(answer.status, 501, path)
    assert.equal(answer.type, 'application/problem+json')
  }
})

test('the first calls of c8ctl', async () => {
  for (const path of ['/topology', '/license', '/authentication/me', '/system/configuration']) assert.equal((await call('GET', path)).status, 200, path)
  assert.equal((await call('GET', '/status')).status, 204)
})
