// Matrices over both APIs, made from the API description: who may call what, and which error looks how.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { Baton, variant } from './support/baton.mjs'
import { activate, assertFails, gatewayClient, gatewayDefinition, status } from './support/grpc.mjs'
import grpc from '@grpc/grpc-js'

const description = JSON.parse(await readFile(new URL('./openapi.json', import.meta.url), 'utf8'))
const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })))
const UNKNOWN_KEY = '2251799813999999'

/** A value that fits a schema, with all required members. */
function sample(schema) {
  if (schema.$ref) return sample(schema.$ref.slice(2).split('/').reduce((at, name) => at[name], description))
  if (schema.allOf) return sample(schema.allOf[0])
  if (schema.oneOf) return sample(schema.oneOf[0])
  if (schema.enum) return schema.enum[0]
  switch (schema.type) {
    case 'object': return Object.fromEntries((schema.required ?? []).map((name) => [name, sample(schema.properties[name])]))
    case 'array': return []
    case 'integer': return Math.max(schema.minimum ?? 1, 1)
    case 'boolean': return true
    case 'string': return schema.pattern?.startsWith('^-?[0-9]') ? UNKNOWN_KEY : schema.format === 'date-time' ? '2030-01-01T00:00:00Z' : 'sample-text'
    default: return {}
  }
}

const resolved = (schema) => schema.$ref ? resolved(schema.$ref.slice(2).split('/').reduce((at, name) => at[name], description)) : schema

function request(baton, operation, { authorization, body, tenantId } = {}) {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => (name.endsWith('Key') ? UNKNOWN_KEY : 'somebody'))
  const headers = authorization ? { authorization } : {}
  const content = operation.requestBody?.content
  let payload
  if (content?.['multipart/form-data']) {
    payload = new FormData()
    if (tenantId) payload.append('tenantId', tenantId)
    payload.append('resources', new File(['<bpmn'], 'broken.bpmn'))
  } else if (content) {
    headers['content-type'] = 'application/json'
    const value = body ?? sample(content['application/json'].schema)
    if (operation.operationId === 'activateJobs' && !body) value.requestTimeout = -1
    if (tenantId) value.tenantId = tenantId
    payload = typeof value === 'string' ? value : JSON.stringify(value)
  }
  return fetch(`http://127.0.0.1:${baton.httpPort}${path}`, { method: operation.method, headers, body: payload })
}

const basic = (user, password) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
const right = basic('ada', 'the right horse')
const tenantOf = (operation) => {
  const content = operation.requestBody?.content
  if (!content) return false
  const schema = resolved((content['application/json'] ?? content['multipart/form-data']).schema)
  return Boolean((schema.oneOf ? resolved(schema.oneOf[0]) : schema).properties?.tenantId)
}

let open      // --dev
let guarded   // with users
let token
before(async () => {
  open = await Baton.start()
  guarded = await Baton.start({ dev: false })
  const setup = await guarded.setUp('ada', 'the right horse')
  assert.equal(setup.status, 201, await setup.text())
  const created = await fetch(`http://127.0.0.1:${guarded.httpPort}/baton/tokens`, {
    method: 'POST', headers: { authorization: right, 'content-type': 'application/json' }, body: '{"clientId":"matrix"}' })
  assert.equal(created.status, 201)
  token = (await created.json()).token
})
after(async () => {
  await open.stop()
  await guarded.stop()
})

async function problem(response, wanted, title) {
  assert.equal(response.status, wanted, `${response.url}: ${await response.clone().text()}`)
  assert.equal(response.headers.get('content-type'), 'application/problem+json')
  const body = await response.json()
  assert.deepEqual(Object.keys(body), ['type', 'title', 'status', 'detail', 'instance'])
  assert.equal(body.status, wanted)
  if (title) assert.equal(body.title, title)
  assert.equal(body.instance, new URL(response.url).pathname)
  return body.detail
}

test('authentication over REST: every operation, with none, wrong and right credentials, and a foreign tenant', async () => {
  assert.ok(operations.length > 240)
  const wrong = ['', basic('ada', 'wrong'), 'Bearer baton_wrong', basic('nobody', 'x'), 'Bearer', 'Digest x']
  for (const operation of operations) {
    const isOpen = operation.security?.length === 0
    // Guessing passwords makes the next attempt wait: one each, the rest are tokens.
    for (const authorization of isOpen ? [] : [wrong[0], wrong[2], wrong[4], wrong[5]]) {
      const response = await request(guarded, operation, { authorization })
      await problem(response, 401, 'UNAUTHORIZED')
      assert.match(response.headers.get('www-authenticate'), /^Basic realm=/)
    }
    for (const authorization of [right, `Bearer ${token}`]) {
      const response = await request(guarded, operation, { authorization })
      if (operation.operationId === 'createAdminUser') {
        await problem(response, 401)
      } else if (!operation['x-baton-served']) {
        assert.match(await problem(response, 501, 'UNIMPLEMENTED'), new RegExp(operation.operationId))
      } else {
        assert.notEqual(response.status, 401, operation.operationId)
        assert.ok(response.status < 500, `${operation.operationId}: ${response.status} ${await response.text()}`)
      }
    }
    if (operation['x-baton-served'] && tenantOf(operation)) {
      const response = await request(guarded, operation, { authorization: right, tenantId: 'foreign' })
      assert.match(await problem(response, 400, 'INVALID_ARGUMENT'), /tenant identifier 'foreign', but multi-tenancy is disabled/)
    }
  }
  const topology = operations.find((operation) => operation.operationId === 'getTopology')
  await problem(await request(guarded, topology, { authorization: wrong[1] }), 401)
  await problem(await request(guarded, topology, { authorization: wrong[3] }), 401)
  assert.equal((await request(guarded, topology, { authorization: right })).status, 200)
})

test('authentication over gRPC: every rpc, with none, wrong and right credentials, and a foreign tenant', async () => {
  const rpcs = Object.entries(gatewayDefinition.service)
  const call = (client, rpc, message, authorization) => new Promise((resolve) => {
    const metadata = new grpc.Metadata()
    if (authorization !== undefined) metadata.set('authorization', authorization)
    const done = (error) => resolve(error?.code ?? 0)
    if (!rpc.responseStream) return client.client.makeUnaryRequest(rpc.path, rpc.requestSerialize, rpc.responseDeserialize, message, metadata, {}, done)
    const stream = client.client.makeServerStreamRequest(rpc.path, rpc.requestSerialize, rpc.responseDeserialize, message, metadata, { deadline: Date.now() + 500 })
    stream.on('data', () => {}).on('error', done).on('end', () => resolve(0))
  })
  const client = gatewayClient(guarded.address)
  const unknown = new Set()
  for (const [, rpc] of rpcs) {
    for (const authorization of [undefined, '', 'Bearer wrong', 'Basic wrong']) {
      const code = await call(client, rpc, {}, authorization)
      if (code === status.UNIMPLEMENTED) unknown.add(rpc.path)
      else assert.equal(code, status.UNAUTHENTICATED, `${rpc.path} with ${authorization}`)
    }
    for (const authorization of [right, `Bearer ${token}`]) {
      assert.notEqual(await call(client, rpc, {}, authorization), status.UNAUTHENTICATED, rpc.path)
    }
  }
  assert.ok(unknown.size < rpcs.length - 10)
  const create = gatewayDefinition.service.CreateProcessInstance
  assert.equal(await call(client, create, { bpmnProcessId: 'x', version: -1, tenantId: 'foreign' }, right), status.INVALID_ARGUMENT)
  assert.equal(await call(client, create, { bpmnProcessId: 'x', version: -1 }, right), status.NOT_FOUND)
  client.close()
})

test('every served operation refuses bodies that do not fit, by name', async () => {
  for (const operation of operations.filter((found) => found['x-baton-served'])) {
    const schema = operation.requestBody?.content['application/json']?.schema
    if (!schema || operation.operationId === 'createAdminUser') continue
    const needed = operation.requestBody.required
    if (needed) assert.match(await problem(await request(open, { ...operation, requestBody: undefined }), 400, 'Bad Request'), /Required request body is missing/)
    assert.match(await problem(await request(open, operation, { body: '{"a":' }), 400, 'Bad Request'), /^Failed to read request/)
    assert.match(await problem(await request(open, operation, { body: '"text"' }), 400, 'INVALID_ARGUMENT'), /must be an object/)
    const value = sample(schema)
    assert.match(await problem(await request(open, operation, { body: { ...value, unheardOf: 1 } }), 400, 'INVALID_ARGUMENT'), /\[unheardOf\] is unknown/)
    const shape = resolved(schema).oneOf ? resolved(resolved(schema).oneOf[0]) : resolved(schema)
    for (const name of Object.keys(shape.properties)) {
      const detail = await problem(await request(open, operation, { body: { ...value, [name]: [[{}]] } }), 400, 'INVALID_ARGUMENT')
      assert.match(detail, new RegExp(`\\[?${name}`), `${operation.operationId}: ${detail}`)
    }
    for (const name of resolved(schema).required ?? []) {
      const { [name]: dropped, ...rest } = value
      assert.match(await problem(await request(open, operation, { body: rest }), 400, 'INVALID_ARGUMENT'), new RegExp(`No ${name} provided`))
    }
    const wrongType = await fetch(`http://127.0.0.1:${open.httpPort}${operation.path.replace(/\{\w+\}/g, '1')}`, { method: operation.method, headers: { 'content-type': 'text/plain' }, body: '{}' })
    await problem(wrongType, 415, 'Unsupported Media Type')
  }
  for (const operation of operations.filter((found) => found['x-baton-served'] && /\{\w+Key\}/.test(found.path))) {
    const path = operation.path.replace(/\{\w+\}/g, '12x')
    const response = await fetch(`http://127.0.0.1:${open.httpPort}${path}`, { method: operation.method, headers: { 'content-type': 'application/json' },
      body: operation.requestBody ? JSON.stringify(sample(operation.requestBody.content['application/json'].schema)) : undefined })
    assert.match(await problem(response, 400, 'INVALID_ARGUMENT'), /The value for \w+Key is '12x' but must be a key/)
  }
})

/** The same mistake over both APIs: code, status, title, and one text. */
test('every kind of rejection has its code, status and text over both APIs', async () => {
  const gateway = gatewayClient(open.address)
  const { name, process } = await variant('one-task', 'matrix')
  await gateway.deployResource({ resources: [{ name, content: process }] })
  await gateway.createProcessInstance({ bpmnProcessId: 'matrix', version: -1 })
  const [job] = await activate(gateway, 'matrix-work')
  await gateway.failJob({ jobKey: job.key, retries: 0, errorMessage: 'x' })
  const instance = await open.instance(job.processInstanceKey)
  const incidentKey = instance.incidents[0].incidentKey
  const post = (path, body = {}, method = 'POST') => fetch(`http://127.0.0.1:${open.httpPort}/v2${path}`, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const message = { name: 'matrix-paid', correlationKey: 'k', messageId: 'm', timeToLive: 600_000 }
  await gateway.publishMessage(message)
  const long = 'x'.repeat(100_000)
  const cases = [
    ['NOT_FOUND', 404, () => gateway.createProcessInstance({ bpmnProcessId: 'nothing', version: -1 }), () => post('/process-instances', { processDefinitionId: 'nothing' })],
    ['NOT_FOUND', 404, () => gateway.createProcessInstance({ bpmnProcessId: 'matrix', version: 9 }), () => post('/process-instances', { processDefinitionId: 'matrix', processDefinitionVersion: 9 })],
    ['NOT_FOUND', 404, () => gateway.createProcessInstance({ processDefinitionKey: UNKNOWN_KEY }), () => post('/process-instances', { processDefinitionKey: UNKNOWN_KEY })],
    ['NOT_FOUND', 404, () => gateway.cancelProcessInstance({ processInstanceKey: UNKNOWN_KEY }), () => post(`/process-instances/${UNKNOWN_KEY}/cancellation`)],
    ['NOT_FOUND', 404, () => gateway.completeJob({ jobKey: UNKNOWN_KEY }), () => post(`/jobs/${UNKNOWN_KEY}/completion`)],
    ['NOT_FOUND', 404, () => gateway.failJob({ jobKey: UNKNOWN_KEY }), () => post(`/jobs/${UNKNOWN_KEY}/failure`)],
    ['NOT_FOUND', 404, () => gateway.updateJobRetries({ jobKey: UNKNOWN_KEY, retries: 1 }), () => post(`/jobs/${UNKNOWN_KEY}`, { changeset: { retries: 1 } }, 'PATCH')],
    ['NOT_FOUND', 404, () => gateway.updateJobTimeout({ jobKey: UNKNOWN_KEY, timeout: 1 }), () => post(`/jobs/${UNKNOWN_KEY}`, { changeset: { timeout: 1 } }, 'PATCH')],
    ['NOT_FOUND', 404, () => gateway.resolveIncident({ incidentKey: UNKNOWN_KEY }), () => post(`/incidents/${UNKNOWN_KEY}/resolution`)],
    ['NOT_FOUND', 404, () => gateway.setVariables({ elementInstanceKey: UNKNOWN_KEY, variables: '{}' }), () => post(`/element-instances/${UNKNOWN_KEY}/variables`, { variables: {} }, 'PUT')],
    ['INVALID_ARGUMENT', 400, () => gateway.updateJobRetries({ jobKey: job.key, retries: 0 }), () => post(`/jobs/${job.key}`, { changeset: { retries: 0 } }, 'PATCH')],
    ['INVALID_STATE', 409, () => gateway.completeJob({ jobKey: job.key }), () => post(`/jobs/${job.key}/completion`)],
    ['INVALID_STATE', 409, () => gateway.failJob({ jobKey: job.key }), () => post(`/jobs/${job.key}/failure`)],
    ['INVALID_STATE', 409, () => gateway.updateJobTimeout({ jobKey: job.key, timeout: 1 }), () => post(`/jobs/${job.key}`, { changeset: { timeout: 1 } }, 'PATCH')],
    ['INVALID_STATE', 409, () => gateway.resolveIncident({ incidentKey }), () => post(`/incidents/${incidentKey}/resolution`)],
    ['NOT_FOUND', 404, () => gateway.throwError({ jobKey: UNKNOWN_KEY, errorCode: 'x' }), () => post(`/jobs/${UNKNOWN_KEY}/error`, { errorCode: 'x' })],
    ['INVALID_STATE', 409, () => gateway.throwError({ jobKey: job.key, errorCode: 'x' }), () => post(`/jobs/${job.key}/error`, { errorCode: 'x' })],
    ['ALREADY_EXISTS', 409, () => gateway.publishMessage(message), () => post('/messages/publication', message)],
    ['INVALID_ARGUMENT', 400, () => gateway.publishMessage({ name: long }), () => post('/messages/publication', { name: long })],
    ['INVALID_ARGUMENT', 400, () => gateway.broadcastSignal({ signalName: long }), () => post('/signals/broadcast', { signalName: long })],
    ['INVALID_ARGUMENT', 400, () => gateway.createProcessInstance({ bpmnProcessId: 'matrix', version: -1, startInstructions: [{ elementId: 'nothing' }] }), () => post('/process-instances', { processDefinitionId: 'matrix', startInstructions: [{ elementId: 'nothing' }] })],
    ['INVALID_ARGUMENT', 400, () => gateway.createProcessInstance({ bpmnProcessId: 'matrix', version: -1, runtimeInstructions: [{ terminate: { afterElementId: 'nothing' } }] }), () => post('/process-instances', { processDefinitionId: 'matrix', runtimeInstructions: [{ afterElementId: 'nothing' }] })],
  ]
  const codes = { NOT_FOUND: status.NOT_FOUND, ALREADY_EXISTS: status.ALREADY_EXISTS, INVALID_ARGUMENT: status.INVALID_ARGUMENT, INVALID_STATE: status.FAILED_PRECONDITION }
  for (const [kind, http, rpc, rest] of cases) {
    const error = await assertFails(rpc(), codes[kind])
    const detail = await problem(await rest(), http, kind)
    assert.equal(detail, error.details)
    assert.match(detail, new RegExp(`^Command '[A-Z_]+' rejected with code '${kind}': Expected to `))
  }
  gateway.close()
})

test('addresses and methods that do not exist', async () => {
  await problem(await fetch(`http://127.0.0.1:${open.httpPort}/v2/nothing`), 404, 'Not Found')
  const response = await fetch(`http://127.0.0.1:${open.httpPort}/v2/topology`, { method: 'DELETE' })
  await problem(response, 405, 'Method Not Allowed')
  assert.equal(response.headers.get('allow'), 'GET')
})
