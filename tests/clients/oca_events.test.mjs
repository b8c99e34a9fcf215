// Messages, signals, errors, user tasks and create options over REST, checked by the client's own schemas as in oca.test.mjs.
import { createCamundaClient } from '@camunda8/orchestration-cluster-api'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Baton, eventually, variant } from './support/baton.mjs'
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
  return (await client.createDeployment({ resources: [new File([process], name)] })).processes[0]
}
const create = (processDefinitionId, variables = {}, more = {}) => client.createProcessInstance({ processDefinitionId, variables, ...more })
const places = async (key) => (await baton.instance(key))?.elements.filter((found) => found.type !== 'PROCESS').map((found) => found.elementId)
const oneJob = async (type) => (await client.activateJobs({ type, worker: 'oca', timeout: 60_000, maxJobsToActivate: 1 })).jobs[0]
const post = (path, body, headers = {}) => fetch(`http://127.0.0.1:${baton.httpPort}/v2${path}`,
  { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })

test('messages are published, buffered and unique by their id', async () => {
  await deploy('waiting', 'ev-pub')
  const { processInstanceKey } = await create('ev-pub', { order: 'o-1' })
  const published = await client.publishMessage({ name: 'ev-pub-paid', correlationKey: 'o-1', timeToLive: 0, variables: { amount: 5 } })
  assert.match(published.messageKey, /^\d+$/)
  assert.deepEqual(await places(processInstanceKey), ['work'])
  assert.equal((await baton.variablesOf(processInstanceKey)).amount, 5)
  const buffered = { name: 'ev-pub-paid', correlationKey: 'o-2', timeToLive: 60_000, messageId: 'm', variables: {} }
  await client.publishMessage(buffered)
  await fails(client.publishMessage(buffered), 409, 'ALREADY_EXISTS', /^Command 'PUBLISH' rejected with code 'ALREADY_EXISTS': Expected to publish a new message with id 'm'/)
  assert.deepEqual(await places((await create('ev-pub', { order: 'o-2' })).processInstanceKey), ['work'])
})

test('correlation answers with the instance that it reached, or 404', async () => {
  await deploy('waiting', 'ev-cor')
  const { processInstanceKey } = await create('ev-cor', { order: 'o-1' })
  const reached = await client.correlateMessage({ name: 'ev-cor-paid', correlationKey: 'o-1', variables: { amount: 5 } })
  assert.equal(reached.processInstanceKey, processInstanceKey)
  assert.equal((await baton.variablesOf(processInstanceKey)).amount, 5)
  await fails(client.correlateMessage({ name: 'ev-cor-paid', correlationKey: 'o-1', variables: {} }), 404, 'NOT_FOUND',
    /^Command 'CORRELATE' rejected with code 'NOT_FOUND': Expected to find subscription for message with name 'ev-cor-paid' and correlation key 'o-1', but none was found/)
  const started = await client.correlateMessage({ name: 'ev-cor-ordered', correlationKey: '', variables: { order: 'o-9' } })
  assert.deepEqual(await places(started.processInstanceKey), ['gate'])
})

test('a signal reaches everybody who waits', async () => {
  await deploy('waiting', 'ev-sig')
  const keys = []
  for (const order of ['a', 'b']) keys.push((await create('ev-sig', { order })).processInstanceKey)
  assert.match((await client.broadcastSignal({ signalName: 'ev-sig-alarm', variables: { level: 3 } })).signalKey, /^\d+$/)
  for (const key of keys) await eventually(async () => (await baton.instance(key)) === null)
  await client.broadcastSignal({ signalName: 'nobody', variables: {} })
})

test('a job throws an error that is caught, and one that is not', async () => {
  await deploy('waiting', 'ev-err')
  const one = async (order) => {
    const { processInstanceKey } = await create('ev-err', { order })
    await client.correlateMessage({ name: 'ev-err-paid', correlationKey: order, variables: {} })
    return { processInstanceKey, jobKey: (await oneJob('ev-err-work')).jobKey }
  }
  const caught = await one('a')
  await client.throwJobError({ jobKey: caught.jobKey, errorCode: 'DECLINED', errorMessage: 'no money', variables: { why: 'card' } })
  assert.deepEqual(await places(caught.processInstanceKey), ['repair'])
  assert.equal((await baton.variablesOf(caught.processInstanceKey)).why, 'card')
  const lost = await one('b')
  await client.throwJobError({ jobKey: lost.jobKey, errorCode: 'UNKNOWN' })
  const [{ incidentKey }] = await baton.incidentsOf(lost.processInstanceKey)
  assert.equal((await client.getIncident({ incidentKey }, now)).errorType, 'UNHANDLED_ERROR_EVENT')
  await fails(client.throwJobError({ jobKey: lost.jobKey, errorCode: 'UNKNOWN' }), 409, 'INVALID_STATE')
  await fails(client.throwJobError({ jobKey: UNKNOWN_KEY, errorCode: 'X' }), 404, 'NOT_FOUND', /^Command 'THROW_ERROR' rejected with code 'NOT_FOUND': Expected to throw an error for job with key/)
})

const taskOf = async (key) => (await baton.instance(key)).elements.find((element) => element.userTask).userTask.userTaskKey

test('a user task: get, claim, assign, update, unassign, complete', async () => {
  const definition = await deploy('approval', 'ev-task')
  const { processInstanceKey } = await create('ev-task', { who: 'ada', users: ['u1', 'u2'], follow: '2031-04-01T00:00:00Z' }, { tags: ['t'] })
  const userTaskKey = await taskOf(processInstanceKey)
  const get = () => client.getUserTask({ userTaskKey }, now)
  const task = await get()
  const { creationDate, elementInstanceKey, ...rest } = task
  assert.ok(Math.abs(Date.parse(creationDate) - Date.now()) < 60_000)
  assert.equal((await client.getElementInstance({ elementInstanceKey }, now)).type, 'USER_TASK')
  assert.deepEqual(rest, {
    name: 'Approve', state: 'CREATED', assignee: 'ada', elementId: 'approve', candidateGroups: ['sales', 'legal'], candidateUsers: ['u1', 'u2'],
    processDefinitionId: 'ev-task', completionDate: null, followUpDate: '2031-04-01T00:00:00.000Z', dueDate: '2031-05-01T08:00:00.000Z',
    tenantId: '<default>', externalFormReference: 'https://forms.example/approve', processDefinitionVersion: 1, customHeaders: { team: 'shipping' },
    priority: 70, userTaskKey, processName: 'Approval', processDefinitionKey: definition.processDefinitionKey, processInstanceKey,
    rootProcessInstanceKey: processInstanceKey, formKey: null, tags: ['t'],
  })
  await fails(client.assignUserTask({ userTaskKey, assignee: 'bob', allowOverride: false }), 409, 'INVALID_STATE',
    /^Command 'CLAIM' rejected with code 'INVALID_STATE': Expected to claim user task with key '\d+', but it has already been assigned/)
  await client.assignUserTask({ userTaskKey, assignee: 'bob' })
  assert.equal((await get()).assignee, 'bob')
  await client.unassignUserTask({ userTaskKey })
  assert.equal((await get()).assignee, null)
  await client.assignUserTask({ userTaskKey, assignee: 'eve', allowOverride: false, action: 'grab' })
  assert.equal((await get()).assignee, 'eve')
  await client.updateUserTask({ userTaskKey, changeset: { dueDate: '2032-01-01T00:00:00Z', candidateGroups: [], priority: 1 }, action: 'edit' })
  const updated = await get()
  assert.deepEqual([updated.dueDate, updated.followUpDate, updated.candidateGroups, updated.candidateUsers, updated.priority],
    ['2032-01-01T00:00:00.000Z', '2031-04-01T00:00:00.000Z', [], ['u1', 'u2'], 1])
  await client.completeUserTask({ userTaskKey, variables: { approved: true }, action: 'approve' })
  await fails(get(), 404)
  assert.equal(await baton.instance(processInstanceKey), null)
  await fails(client.completeUserTask({ userTaskKey }), 404, 'NOT_FOUND', /^Command 'COMPLETE' rejected with code 'NOT_FOUND': Expected to complete user task with key/)
})

test('what a user task refuses, and clearing dates', async () => {
  await deploy('approval', 'ev-refuse')
  const { processInstanceKey } = await create('ev-refuse', { who: null, users: [], follow: null })
  const userTaskKey = await taskOf(processInstanceKey)
  const patch = (body) => fetch(`http://127.0.0.1:${baton.httpPort}/v2/user-tasks/${userTaskKey}`,
    { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const detail = async (response, status) => {
    assert.equal(response.status, status, await response.clone().text())
    return (await response.json()).detail
  }
  assert.match(await detail(await patch({ changeset: { dueDate: 'soon' } }), 400), /^The provided dueDate 'soon' cannot be parsed as a date according to RFC 3339/)
  assert.match(await detail(await patch({ changeset: { priority: 101 } }), 400), /priority/)
  assert.match(await detail(await patch({}), 400), /^No update data provided/)
  assert.match(await detail(await post(`/user-tasks/${userTaskKey}/assignment`, {}), 400), /^No assignee provided/)
  assert.match(await detail(await post(`/user-tasks/${userTaskKey}/completion`, { variables: [] }), 400), /variables/)
  assert.equal((await patch({ changeset: { dueDate: '' } })).status, 204)
  assert.equal((await client.getUserTask({ userTaskKey }, now)).dueDate, null)
  await client.cancelProcessInstance({ processInstanceKey })
  assert.match(await detail(await patch({ action: 'x' }), 404), /no such user task was found/)
})

test('forms: deploy, get, of a task and of a start event, missing, deleted', async () => {
  const { processDefinitionKey } = await deploy('filling', 'ev-form')
  const plain = (path) => fetch(`http://127.0.0.1:${baton.httpPort}/v2${path}`)
  assert.equal((await client.getProcessDefinition({ processDefinitionKey }, now)).hasStartForm, true)
  assert.equal((await plain(`/process-definitions/${processDefinitionKey}/form`)).status, 204)
  const early = (await create('ev-form')).processInstanceKey
  const [incident] = await baton.incidentsOf(early)
  assert.deepEqual([incident.errorType, incident.elementId], ['FORM_NOT_FOUND', 'fill'])
  const schema = '{"id": "ev-form-order", "type": "default", "components": []}'
  const deployed = await client.createDeployment({ resources: [new File([schema], 'order.form')] })
  const [{ formKey, ...form }] = deployed.forms
  assert.deepEqual(form, { formId: 'ev-form-order', version: 1, resourceName: 'order.form', tenantId: '<default>' })
  await client.resolveIncident({ incidentKey: incident.incidentKey })
  const userTaskKey = await taskOf(early)
  assert.equal((await client.getUserTask({ userTaskKey }, now)).formKey, formKey)
  const wanted = { tenantId: '<default>', formId: 'ev-form-order', schema, version: 1, formKey }
  assert.deepEqual(await client.getUserTaskForm({ userTaskKey }, now), wanted)
  assert.deepEqual(await client.getStartProcessForm({ processDefinitionKey }, now), wanted)
  assert.deepEqual(await (await plain(`/forms/${formKey}`)).json(), wanted)
  assert.equal((await client.getResource({ resourceKey: formKey }, now)).resourceId, 'ev-form-order')
  assert.equal(await (await plain(`/resources/${formKey}/content`)).text(), schema)
  await client.deleteResource({ resourceKey: formKey })
  assert.equal((await plain(`/forms/${formKey}`)).status, 404)
  assert.equal((await plain(`/user-tasks/${userTaskKey}/form`)).status, 204)
  const broken = client.createDeployment({ resources: [new File(['{"type":"default"}'], 'broken.form')] })
  await fails(broken, 400, 'INVALID_ARGUMENT', /'broken.form': Expected the form id to be present/)
})

test('the list of user tasks has pages and filters', async () => {
  await deploy('approval', 'ev-list')
  const keys = []
  for (const who of ['list-ada', 'list-bob', 'list-ada']) keys.push(await taskOf((await create('ev-list', { who, users: [], follow: null })).processInstanceKey))
  const list = async (query) => (await baton.getJson(`/baton/user-tasks?${query}`)).body
  const found = async (query) => (await list(query)).items.map((task) => task.userTaskKey)
  assert.deepEqual(await found('assignee=list-ada'), [keys[0], keys[2]])
  assert.deepEqual(await found('assignee=list-ada&candidateGroup=nobody'), [])
  const page = await list(`assignee=list-ada&limit=1`)
  assert.deepEqual(page.items.map((task) => task.userTaskKey), [keys[0]])
  assert.deepEqual(await found(`assignee=list-ada&after=${page.endCursor}`), [keys[2]])
  assert.equal((await list(`after=${keys[2]}`)).endCursor, null)
  assert.match((await list('limit=1001')).detail, /limit/)
  await client.completeUserTask({ userTaskKey: keys[0] })
  assert.deepEqual(await found('assignee=list-ada&candidateGroup=sales'), [keys[2]])
})

test('create: business id, start and terminate instructions', async () => {
  await deploy('two-tasks', 'ev-create')
  const created = await create('ev-create', {}, { businessId: 'order-7', startInstructions: [{ elementId: 'ship' }], runtimeInstructions: [{ type: 'TERMINATE_PROCESS_INSTANCE', afterElementId: 'ship' }] })
  const { processInstanceKey } = created
  assert.equal(created.businessId, 'order-7')
  assert.equal((await client.getProcessInstance({ processInstanceKey }, now)).businessId, 'order-7')
  assert.deepEqual(await places(processInstanceKey), ['ship'])
  await (await oneJob('ev-create-ship')).complete()
  assert.equal(await baton.instance(processInstanceKey), null)
  await fails(create('ev-create', {}, { startInstructions: [{ elementId: 'nothing' }] }), 400, 'INVALID_ARGUMENT', /no element found with id 'nothing'/)
  const wrong = await post('/process-instances', { processDefinitionId: 'ev-create', runtimeInstructions: [{ type: 'OTHER', afterElementId: 'ship' }] })
  assert.match((await wrong.json()).detail, /^The value for type is 'OTHER' but must be TERMINATE_PROCESS_INSTANCE/)
})

test('a repeated request with the same id gets the same answer and changes nothing', async () => {
  await deploy('one-task', 'ev-id')
  const once = async (body) => (await post('/process-instances', body, { 'baton-request-id': 'r-1' })).json()
  const body = { processDefinitionId: 'ev-id', variables: { n: 1 } }
  const first = await once(body)
  assert.match(first.processInstanceKey, /^\d+$/)
  assert.deepEqual(await once(body), first)
  assert.match((await once({ ...body, variables: {} })).detail, /Expected the request id 'r-1' to belong to one command, but it was used for another/)
  const { jobKey } = await oneJob('ev-id-work')
  const change = (retries) => fetch(`http://127.0.0.1:${baton.httpPort}/v2/jobs/${jobKey}`, { method: 'PATCH',
    headers: { 'content-type': 'application/json', 'baton-request-id': 'r-2' }, body: JSON.stringify({ changeset: { retries, timeout: 60_000 } }) })
  for (let i = 0; i < 2; ++i) assert.equal((await change(3)).status, 204)
})
