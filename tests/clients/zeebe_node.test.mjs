// zeebe-node: the client before the SDK; many applications still use it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import zeebe from 'zeebe-node'
import { Baton, eventually, variant } from './support/baton.mjs'

const UNKNOWN_KEY = '2251799813999999'
const quick = { longPoll: 2000, loglevel: 'NONE' }
let baton
let client

before(async () => {
  baton = await Baton.start()
  client = new zeebe.ZBClient(baton.address, { retry: false, loglevel: 'NONE', useTLS: false })
})
after(async () => {
  await client.close()
  await baton.stop()
})

async function deploy(model, id) {
  const { name, process } = await variant(model, id)
  return client.deployResource({ name, process })
}

const create = (bpmnProcessId, variables = {}) => client.createProcessInstance({ bpmnProcessId, variables })
const over = (instance) => eventually(async () => (await baton.instance(instance.processInstanceKey)) === null)

async function fails(promise, code, text) {
  let reply
  try {
    reply = await promise
  } catch (error) {
    assert.equal(error.code, code, error.message)
    assert.match(error.details, text)
    return
  }
  assert.fail(`expected code ${code}, but the call succeeded: ${JSON.stringify(reply)}`)
}

test('topology', async () => {
  const topology = await client.topology()
  assert.equal(topology.brokers[0].partitions[0].role, 'LEADER')
})

test('deploy', async () => {
  const reply = await deploy('straight', 'zn-deploy')
  assert.deepEqual([reply.deployments[0].process.bpmnProcessId, reply.deployments[0].process.version], ['zn-deploy', 1])
  assert.deepEqual((await deploy('straight', 'zn-deploy')).deployments, reply.deployments)
  await fails(client.deployResource({ name: 'broken.bpmn', process: Buffer.from('<bpmn') }), 3, /encountered the following errors/)
})

test('a worker and a create with result', async () => {
  await deploy('two-tasks', 'zn-life')
  const first = client.createWorker({
    taskType: 'zn-life-reserve', ...quick,
    taskHandler: (job) => job.complete({ reservation: `R-${job.variables.amount}` }),
  })
  const second = client.createWorker({
    taskType: 'zn-life-ship', ...quick,
    taskHandler: (job) => job.complete({ shipped: job.variables.reservationId }),
  })
  const results = await Promise.all(Array.from({ length: 20 }, (_, amount) =>
    client.createProcessInstanceWithResult({ bpmnProcessId: 'zn-life', variables: { order: { amount } }, requestTimeout: 20_000 })))
  results.forEach(({ variables }, amount) =>
    assert.deepEqual(variables, { order: { amount }, reservationId: `R-${amount}`, shipped: `R-${amount}` }))
  await Promise.all([first.close(), second.close()])
})

test('fail, incident, resolve, completion', async () => {
  await deploy('one-task', 'zn-fail')
  const retries = []
  let broken = true
  const worker = client.createWorker({
    taskType: 'zn-fail-work', ...quick,
    taskHandler: (job) => {
      retries.push(job.retries)
      assert.equal(job.customHeaders.team, 'shipping')
      return broken ? job.fail({ errorMessage: 'not today', retries: Math.min(job.retries, 3) - 1, retryBackOff: 0 }) : job.complete()
    },
  })
  const instance = await create('zn-fail')
  const incident = await eventually(async () => (await baton.incidentsOf(instance.processInstanceKey))[0])
  assert.deepEqual([incident.errorType, incident.message], ['JOB_NO_RETRIES', 'not today'])
  assert.deepEqual(retries, [5, 2, 1])
  broken = false
  await client.updateJobRetries({ jobKey: incident.jobKey, retries: 1 })
  await client.resolveIncident({ incidentKey: incident.incidentKey })
  await over(instance)
  assert.deepEqual(retries, [5, 2, 1, 1])
  await worker.close()
})

test('a batch worker takes several jobs at once', async () => {
  await deploy('one-task', 'zn-batch')
  const instances = []
  for (let n = 0; n < 10; ++n) instances.push(await create('zn-batch', { n }))
  const sizes = []
  const worker = client.createBatchWorker({
    taskType: 'zn-batch-work', ...quick, jobBatchMinSize: 10, jobBatchMaxTime: 5, timeout: 30,
    taskHandler: (jobs) => {
      sizes.push(jobs.length)
      return Promise.all(jobs.map((job) => job.complete({})))
    },
  })
  for (const instance of instances) await over(instance)
  assert.equal(sizes.reduce((a, b) => a + b), 10)
  await worker.close()
})

test('cancel, and what is not there', async () => {
  await deploy('one-task', 'zn-cancel')
  const instance = await create('zn-cancel')
  await client.cancelProcessInstance(instance.processInstanceKey)
  assert.equal(await baton.instance(instance.processInstanceKey), null)
  await fails(client.cancelProcessInstance(instance.processInstanceKey), 5, /Expected to cancel a process instance with key '\d+', but no such process was found$/)
  await fails(client.completeJob({ jobKey: UNKNOWN_KEY, variables: {} }), 5, /Expected to complete job with key '\d+', but no such job was found/)
  await fails(client.failJob({ jobKey: UNKNOWN_KEY, retries: 1, errorMessage: '', retryBackOff: 0 }), 5, /Expected to fail job with key '\d+', but no such job was found/)
  await fails(create('zn-not-there'), 5, /Expected to find process definition with process ID 'zn-not-there', but none found$/)
})
