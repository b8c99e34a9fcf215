// Input that nobody should send: each gets its definite answer, and afterwards the server still serves.
import grpc from '@grpc/grpc-js'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import http2 from 'node:http2'
import net from 'node:net'
import { after, afterEach, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Baton, eventually, variant } from './support/baton.mjs'
import { activate, assertFails, gatewayClient, status } from './support/grpc.mjs'
import { connectRaw, frame, FRAME, GOAWAY, preface, requestHeaders, settings } from './support/http2_raw.mjs'

const MEGABYTE = 1024 * 1024
const long = process.env.BATON_LONG === '1'
let baton
let gateway

before(async () => {
  baton = await Baton.start()
  gateway = gatewayClient(baton.address)
  for (const model of ['straight', 'one-task']) {
    const { name, process } = await variant(model, model)
    await gateway.deployResource({ resources: [{ name, content: process }] })
  }
})
after(async () => {
  gateway.close()
  await baton.stop()
})

async function serves(client) {
  const reply = await client.createProcessInstanceWithResult({ request: { bpmnProcessId: 'straight', version: -1, variables: '{"ok":1}' }, requestTimeout: 10_000 })
  assert.deepEqual(JSON.parse(reply.variables), { ok: 1 })
}

// The old connection and a new one.
afterEach(async () => {
  await serves(gateway)
  const fresh = gatewayClient(baton.address)
  await serves(fresh)
  fresh.close()
})

const metric = async (name) => {
  const text = await (await fetch(`http://127.0.0.1:${baton.httpPort}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)[1])
}

const deployText = (content, name = 'input.bpmn') => gateway.deployResource({ resources: [{ name, content: Buffer.from(content) }] })
const bpmn = (inside) => `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p" isExecutable="true">${inside}</process></definitions>`

/** A unary call whose message is exactly `bytes`. */
function rawCall(rpc, bytes) {
  return new Promise((resolve, reject) => {
    const path = rpc.startsWith('/') ? rpc : `/gateway_protocol.Gateway/${rpc}`
    const same = (value) => value
    gateway.client.makeUnaryRequest(path, same, same, bytes, (error, reply) => (error ? reject(error) : resolve(reply)))
  })
}

test('deployment of what is no BPMN', async () => {
  const start = /^Command 'CREATE' rejected with code 'INVALID_ARGUMENT': Expected to deploy new resources, but encountered the following errors:\n/
  const inputs = {
    empty: '',
    text: 'hello',
    'binary noise': randomBytes(10_000),
    'an open tag': '<definitions>',
    'two roots': '<a/><b/>',
    'an unknown entity': bpmn('&nothing;'),
    'a wrong root': '<html/>',
    'no process': '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>',
    'a zero byte': bpmn('\0'),
    'not UTF-8': Buffer.concat([Buffer.from('<a b="'), Buffer.from([0xff, 0xfe, 0xc0]), Buffer.from('"/>')]),
    'UTF-16': Buffer.from(`\ufeff${bpmn('')}`, 'utf16le'),
    'two attributes of one name': '<a b="1" b="2"/>',
  }
  for (const [what, content] of Object.entries(inputs)) {
    const error = await assertFails(deployText(content), status.INVALID_ARGUMENT)
    assert.match(error.details, start, what)
  }
  await assertFails(deployText('x', 'script.sh'), status.INVALID_ARGUMENT, /script\.sh.*unknown resource type/s)
})

test('XML attacks: DOCTYPE, entities, depth, width', async () => {
  const laughs = `<!DOCTYPE lolz [<!ENTITY a "lol">${'bcdefghi'.split('').map((c, i) => `<!ENTITY ${c} "${`&${'abcdefghi'[i]};`.repeat(10)}">`).join('')}]>`
  await assertFails(deployText(`<?xml version="1.0"?>${laughs}${bpmn('&i;')}`), status.INVALID_ARGUMENT, /DOCTYPE/i)
  await assertFails(deployText(`<!DOCTYPE x SYSTEM "file:///etc/hostname">${bpmn('')}`), status.INVALID_ARGUMENT, /DOCTYPE/i)
  await assertFails(deployText(`<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:1/">]>${bpmn('&e;')}`), status.INVALID_ARGUMENT, /DOCTYPE/i)
  const depth = 100_000
  await assertFails(deployText(bpmn(`${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`)), status.INVALID_ARGUMENT, /deep|depth|nest/i)
  await assertFails(deployText(bpmn('<a>'.repeat(depth))), status.INVALID_ARGUMENT)
  await assertFails(deployText(bpmn(`<a ${Array.from({ length: 300 }, (_, i) => `a${i}="1"`).join(' ')}/>`)), status.INVALID_ARGUMENT, /attribute/i)
  await assertFails(deployText(bpmn('<a/>'.repeat(900_000))), status.INVALID_ARGUMENT)
  await assertFails(deployText(bpmn(`<serviceTask id="${'i'.repeat(300)}"/>`)), status.INVALID_ARGUMENT)
})

test('messages beyond 4 MiB are refused before they are parsed', async () => {
  const error = await assertFails(deployText(bpmn(`<!--${'x'.repeat(5 * MEGABYTE)}-->`)), status.RESOURCE_EXHAUSTED)
  assert.match(error.details, /4194304/)
  const variables = JSON.stringify({ text: 'x'.repeat(5 * MEGABYTE) })
  await assertFails(gateway.createProcessInstance({ bpmnProcessId: 'straight', version: -1, variables }), status.RESOURCE_EXHAUSTED)
  const zipped = gatewayClient(baton.address, { 'grpc.default_compression_algorithm': 2 })
  await assertFails(zipped.createProcessInstance({ bpmnProcessId: 'straight', version: -1, variables: JSON.stringify({ text: 'x'.repeat(100 * MEGABYTE) }) }), status.RESOURCE_EXHAUSTED)
  await serves(zipped)
  zipped.close()
})

test('variables that are no JSON object', async () => {
  const inputs = ['{', '}', '[]', '1', 'null', '"x"', '{"a":}', '{"a":1,}', "{'a':1}", '{a:1}', '{"a":NaN}', '{"a":01}', '{"a":1}{', '{"a":"\\x"}',
    '{"a":"\\ud800"', '{"a":"\n"}', '\ufeff{}', '/**/{}', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`, `{"a":${'['.repeat(100_000)}`]
  const [job] = await Promise.all([activate(gateway, 'one-task-work').then((jobs) => jobs[0]), gateway.createProcessInstance({ bpmnProcessId: 'one-task', version: -1 })])
  for (const variables of inputs) {
    const text = /^Expected variables to be a valid JSON object/
    await assertFails(gateway.createProcessInstance({ bpmnProcessId: 'straight', version: -1, variables }), status.INVALID_ARGUMENT, text)
    await assertFails(gateway.createProcessInstanceWithResult({ request: { bpmnProcessId: 'straight', version: -1, variables } }), status.INVALID_ARGUMENT, text)
    await assertFails(gateway.completeJob({ jobKey: job.key, variables }), status.INVALID_ARGUMENT, text)
    await assertFails(gateway.failJob({ jobKey: job.key, retries: 1, variables }), status.INVALID_ARGUMENT, text)
    await assertFails(gateway.setVariables({ elementInstanceKey: job.elementInstanceKey, variables }), status.INVALID_ARGUMENT, text)
  }
  await gateway.completeJob({ jobKey: job.key, variables: '' })
})

test('numbers, names and texts at the edge come back as they were', async () => {
  const variables = '{"big":9223372036854775807,"small":-9223372036854775808,"tiny":1e-300,"":1,"a b":2,"\\u0000":"\\u0000","emoji":"👍🏽"}'
  const reply = await gateway.createProcessInstanceWithResult({ request: { bpmnProcessId: 'straight', version: -1, variables }, requestTimeout: 10_000 })
  assert.match(reply.variables, /"big":9223372036854775807[,}]/)
  assert.match(reply.variables, /"small":-9223372036854775808[,}]/)
  assert.deepEqual(JSON.parse(reply.variables), JSON.parse(variables))
})

test('bytes that are no message of the API', async () => {
  const noise = Buffer.from('ffffffffffffffffffffff', 'hex')
  for (const rpc of ['DeployResource', 'CreateProcessInstance', 'CreateProcessInstanceWithResult', 'CancelProcessInstance', 'CompleteJob', 'FailJob', 'SetVariables', 'ResolveIncident', 'UpdateJobRetries', 'UpdateJobTimeout', 'ActivateJobs', 'StreamActivatedJobs']) {
    await assertFails(rawCall(rpc, noise), status.INVALID_ARGUMENT, /^The request is not a valid gateway_protocol\./)
  }
  const badText = Buffer.from([0x12, 2, 0xc3, 0x28])  // bpmnProcessId that is not UTF-8
  await assertFails(rawCall('CreateProcessInstance', badText), status.INVALID_ARGUMENT, /^The request is not a valid/)
  const cut = Buffer.from([0x12, 100, 0x41])
  await assertFails(rawCall('CreateProcessInstance', cut), status.INVALID_ARGUMENT, /^The request is not a valid/)
  // A known field with another wire type counts as unknown: the key is not given.
  await assertFails(rawCall('CompleteJob', Buffer.from([0x0a, 1, 0x35])), status.NOT_FOUND, /job with key '0'/)
  await assertFails(rawCall('CompleteJob', Buffer.alloc(0)), status.NOT_FOUND, /job with key '0'/)
  for (let i = 0; i < 500; ++i) {
    const rpc = ['CreateProcessInstance', 'CompleteJob', 'DeployResource', 'SetVariables'][i % 4]
    await assert.rejects(rawCall(rpc, randomBytes(i)), (error) => [status.INVALID_ARGUMENT, status.NOT_FOUND].includes(error.code))
  }
})

test('unknown methods and services', async () => {
  for (const path of ['Nothing', 'topology', '', 'Topology/', '/other.Service/Topology', '/', '/gateway_protocol.Gateway', `/${'x'.repeat(2000)}`]) {
    await assertFails(rawCall(path, Buffer.alloc(0)), status.UNIMPLEMENTED)
  }
})

/** One request over node's HTTP/2 client with headers and body of our choice. */
function request(headers, body, { end = true } = {}) {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`http://${baton.address}`)
    session.on('error', reject)
    const stream = session.request({ ':method': 'POST', ':path': '/gateway_protocol.Gateway/Topology', 'content-type': 'application/grpc', te: 'trailers', ...headers }, { endStream: body === undefined })
    const answer = {}
    stream.on('response', (fields) => Object.assign(answer, fields))
    stream.on('trailers', (fields) => Object.assign(answer, fields))
    stream.on('error', (error) => (answer.error = error.code))
    stream.on('data', () => {})
    stream.on('close', () => {
      answer.rst = stream.rstCode
      session.close()
      resolve(answer)
    })
    if (body !== undefined) end ? stream.end(body) : stream.write(body)
    stream.setTimeout(15_000, () => stream.close())
  })
}

const message = (payload, compressed = 0) => {
  const prefix = Buffer.alloc(5)
  prefix[0] = compressed
  prefix.writeUInt32BE(payload.length, 1)
  return Buffer.concat([prefix, payload])
}

test('HTTP/2 requests that are no gRPC', async () => {
  const empty = message(Buffer.alloc(0))
  assert.equal((await request({ ':method': 'GET' }))[':status'], 405)
  assert.equal((await request({ 'content-type': 'application/json' }, '{}'))[':status'], 415)
  assert.equal((await request({}, empty))['grpc-status'], '0')
  assert.equal((await request({}, Buffer.alloc(0)))['grpc-status'], String(status.INTERNAL))
  assert.equal((await request({}, Buffer.concat([empty, empty])))['grpc-status'], String(status.UNIMPLEMENTED))
  assert.equal((await request({}, Buffer.from([0, 0, 0])))['grpc-status'], String(status.INTERNAL))
  assert.equal((await request({}, Buffer.from([0, 0, 0, 0, 10, 1, 2])))['grpc-status'], String(status.INTERNAL))
  assert.equal((await request({ 'grpc-timeout': 'soon' }, empty))['grpc-status'], String(status.INTERNAL))
  assert.equal((await request({ 'grpc-encoding': 'brotli' }, message(Buffer.from('x'), 1)))['grpc-status'], String(status.UNIMPLEMENTED))
  assert.equal((await request({ 'grpc-encoding': 'gzip' }, message(Buffer.from('not gzip'), 1)))['grpc-status'], String(status.INTERNAL))
  assert.equal((await request({}, message(Buffer.from('x'), 1)))['grpc-status'], String(status.INTERNAL))
  const bomb = gzipSync(Buffer.alloc(200 * MEGABYTE))
  assert.ok(bomb.length < MEGABYTE)
  assert.equal((await request({ 'grpc-encoding': 'gzip' }, message(bomb, 1)))['grpc-status'], String(status.RESOURCE_EXHAUSTED))
  // The length alone is enough: 4 GiB are announced, nothing follows.
  assert.equal((await request({}, Buffer.from([0, 255, 255, 255, 255]), { end: false }))['grpc-status'], String(status.RESOURCE_EXHAUSTED))
})

test('what is no HTTP/2 at all is cut off', async () => {
  const inputs = {
    noise: randomBytes(1000),
    'HTTP/1.1': 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    TLS: Buffer.from('16030100c8010000c40303', 'hex'),
    'a preface with an error': preface.toString().replace('SM', 'XX'),
    'a preface without settings': Buffer.concat([preface, frame(FRAME.PING, 0, 0, Buffer.alloc(8))]),
  }
  for (const [what, bytes] of Object.entries(inputs)) {
    const raw = await connectRaw(baton.grpcPort)
    raw.write(Buffer.concat([Buffer.from(bytes), Buffer.alloc(200)]))
    await raw.closed(what)
  }
  for (let length = 0; length < preface.length; length += 5) {
    const raw = await connectRaw(baton.grpcPort)
    raw.write(preface.subarray(0, length))
    raw.end()
    await raw.closed(`${length} bytes of the preface`)
  }
})

test('frames that break the protocol end the connection with the right code', async () => {
  const inputs = [
    ['a frame beyond the maximum size', frame(FRAME.DATA, 0, 1, Buffer.alloc(20_000)), [GOAWAY.FRAME_SIZE_ERROR, GOAWAY.PROTOCOL_ERROR]],
    ['data on stream 0', frame(FRAME.DATA, 0, 0, Buffer.from('x')), [GOAWAY.PROTOCOL_ERROR]],
    ['data on an idle stream', frame(FRAME.DATA, 0, 5, Buffer.from('x')), [GOAWAY.PROTOCOL_ERROR, GOAWAY.STREAM_CLOSED]],
    ['headers on an even stream', frame(FRAME.HEADERS, 4, 2, requestHeaders()), [GOAWAY.PROTOCOL_ERROR]],
    ['a header block that is no HPACK', frame(FRAME.HEADERS, 4, 1, Buffer.from('ffffffffffff', 'hex')), [GOAWAY.COMPRESSION_ERROR]],
    ['a ping of 7 bytes', frame(FRAME.PING, 0, 0, Buffer.alloc(7)), [GOAWAY.FRAME_SIZE_ERROR]],
    ['settings of 5 bytes', frame(FRAME.SETTINGS, 0, 0, Buffer.alloc(5)), [GOAWAY.FRAME_SIZE_ERROR]],
    ['a window update of 0', frame(FRAME.WINDOW_UPDATE, 0, 0, Buffer.alloc(4)), [GOAWAY.PROTOCOL_ERROR]],
    ['a window beyond 2^31', Buffer.concat([1, 2].map(() => frame(FRAME.WINDOW_UPDATE, 0, 0, Buffer.from('7fffffff', 'hex')))), [GOAWAY.FLOW_CONTROL_ERROR]],
    ['a continuation without headers', frame(FRAME.CONTINUATION, 4, 1, requestHeaders()), [GOAWAY.PROTOCOL_ERROR]],
    ['another frame inside a header block', Buffer.concat([frame(FRAME.HEADERS, 0, 1, requestHeaders()), frame(FRAME.PING, 0, 0, Buffer.alloc(8))]), [GOAWAY.PROTOCOL_ERROR]],
    ['a push promise', frame(FRAME.PUSH_PROMISE, 4, 1, Buffer.from('00000002', 'hex')), [GOAWAY.PROTOCOL_ERROR]],
  ]
  for (const [what, bytes, codes] of inputs) {
    const raw = await connectRaw(baton.grpcPort)
    raw.write(Buffer.concat([preface, settings, bytes]))
    await raw.closed(what)
    assert.ok(codes.includes(raw.goaway), `${what}: GOAWAY ${raw.goaway}, expected ${codes}`)
  }
})

test('frames that are cut off cost nothing', async () => {
  const whole = Buffer.concat([preface, settings, frame(FRAME.HEADERS, 4, 1, requestHeaders()), frame(FRAME.DATA, 1, 1, message(Buffer.alloc(0)))])
  for (let length = preface.length; length < whole.length; ++length) {
    const raw = await connectRaw(baton.grpcPort)
    raw.write(whole.subarray(0, length))
    raw.destroy()
  }
  await eventually(async () => (await metric('baton_grpc_connections')) <= 2)
  assert.equal(await metric('baton_grpc_calls_open'), 0)
})

test('floods end with GOAWAY', async () => {
  const stream = (id) => Buffer.concat([frame(FRAME.HEADERS, 4, id, requestHeaders()), frame(FRAME.RST_STREAM, 0, id, Buffer.from('00000008', 'hex'))])
  const many = (count, make) => Buffer.concat(Array.from({ length: count }, (_, i) => make(i)))
  const floods = {
    'rapid reset': many(5000, (i) => stream(2 * i + 1)),
    pings: many(60_000, () => frame(FRAME.PING, 0, 0, Buffer.alloc(8))),
    settings: many(60_000, () => frame(FRAME.SETTINGS, 0, 0, Buffer.alloc(0))),
    'empty data': Buffer.concat([frame(FRAME.HEADERS, 4, 1, requestHeaders()), many(60_000, () => frame(FRAME.DATA, 0, 1, Buffer.alloc(0)))]),
    continuations: Buffer.concat([frame(FRAME.HEADERS, 0, 1, requestHeaders()), many(20_000, () => frame(FRAME.CONTINUATION, 0, 1, Buffer.from('00', 'hex')))]),
    'unknown frames': many(60_000, () => frame(0xee, 0, 0, Buffer.alloc(0))),
  }
  for (const [what, bytes] of Object.entries(floods)) {
    const raw = await connectRaw(baton.grpcPort)
    raw.write(Buffer.concat([preface, settings, bytes]))
    await raw.closed(what)
    // A server that cuts off while the flood is still under way may not get its GOAWAY through.
    assert.ok([GOAWAY.ENHANCE_YOUR_CALM, GOAWAY.PROTOCOL_ERROR, GOAWAY.INTERNAL_ERROR].includes(raw.goaway) || raw.reset, `${what}: GOAWAY ${raw.goaway}`)
  }
  assert.equal(await metric('baton_grpc_calls_open'), 0)
})

test('headers without end and without measure', async () => {
  const session = http2.connect(`http://${baton.address}`)
  session.on('error', () => {})
  const answer = await new Promise((resolve) => {
    const stream = session.request({ ':method': 'POST', ':path': '/gateway_protocol.Gateway/Topology', 'content-type': 'application/grpc', te: 'trailers', 'x-large': 'x'.repeat(40_000) })
    const seen = {}
    stream.on('response', (fields) => Object.assign(seen, fields))
    stream.on('trailers', (fields) => Object.assign(seen, fields))
    stream.on('error', (error) => (seen.error = error.code))
    stream.on('close', () => resolve({ ...seen, rst: stream.rstCode }))
    stream.resume()
    stream.end()
  })
  session.destroy()
  assert.ok(answer['grpc-status'] === String(status.RESOURCE_EXHAUSTED) || answer[':status'] === 431 || answer.rst !== 0, JSON.stringify(answer))
})

async function descriptors() {
  return (await readdir(`/proc/${baton.pid}/fd`)).length
}

// The idle connections come from several addresses, the callers from 127.0.0.1.
async function openIdle(port, wanted, greet, perAddress = 1_000) {
  const sockets = []
  for (let at = 0; at < wanted; at += 250) {
    const from = `127.0.1.${1 + Math.floor(at / perAddress)}`
    sockets.push(...(await Promise.all(Array.from({ length: 250 }, (_, i) => connectRaw(port, { greet: greet && i % 2 === 0, from })))))
  }
  return sockets
}

test('thousands of idle connections', async () => {
  const atRest = await descriptors()
  const wanted = long ? 10_000 : 2_000
  const sockets = await openIdle(baton.grpcPort, wanted, true)
  try {
    await eventually(async () => (await metric('baton_grpc_connections')) >= wanted)
    const start = Date.now()
    await serves(gateway)
    const fresh = gatewayClient(baton.address)
    await serves(fresh)
    fresh.close()
    assert.ok(Date.now() - start < 5000, `serving beside ${wanted} connections took ${Date.now() - start} ms`)
  } finally {
    for (const raw of sockets) raw.destroy()
  }
  await eventually(async () => (await metric('baton_grpc_connections')) <= 2, 30_000)
  await eventually(async () => (await descriptors()) <= atRest + 2)
})

test('calls whose clients vanish leave nothing behind', async () => {
  const client = gatewayClient(baton.address)
  const polls = Array.from({ length: 200 }, () => client.activateJobsStream({ type: 'vanish', worker: 'w', timeout: 1000, maxJobsToActivate: 1, requestTimeout: 60_000 }))
  polls.forEach((poll) => poll.on('error', () => {}).on('data', () => {}))
  try {
    await eventually(async () => (await metric('baton_long_polls')) === 200)
  } finally {
    client.close()
    polls.forEach((poll) => poll.cancel())
  }
  await eventually(async () => (await metric('baton_long_polls')) === 0)
  assert.equal(await metric('baton_grpc_calls_open'), 0)
})

/** Everything that the HTTP port answers to `bytes`, until it closes or `complete` says so. */
function http1(bytes, { end = false } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(baton.httpPort, '127.0.0.1')
    let text = ''
    const limit = setTimeout(() => socket.destroy(new Error(`no end after: ${text.slice(0, 200)}`)), 10_000)
    socket.on('data', (data) => (text += data))
    socket.on('error', (error) => (error.code === 'ECONNRESET' || error.code === 'EPIPE' ? undefined : reject(error)))
    socket.on('close', () => {
      clearTimeout(limit)
      resolve(text)
    })
    socket.write(bytes)
    if (end) socket.end()
  })
}

const get = (path, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${more}\r\n`
const problemOf = (answer) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))

test('HTTP: definite answers to garbage', async () => {
  assert.match(await http1(get('/health')), /^HTTP\/1\.1 200 /)
  for (const bytes of ['garbage\r\n\r\n', 'GET\r\n\r\n', 'GET /health\r\n\r\n', 'GET /hea lth HTTP/1.1\r\n\r\n', '\0\0\0\0\r\n\r\n',
    'GET /health HTTP/1.1\r\nno colon\r\n\r\n', 'POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
    'POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n', 'POST /health HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n']) {
    const answer = await http1(bytes)
    assert.match(answer, /^HTTP\/1\.1 400 /, JSON.stringify(bytes))
    assert.equal(problemOf(answer).status, 400)
  }
  assert.match(await http1('GET /health HTTP/9.9\r\nHost: a\r\n\r\n'), /^HTTP\/1\.1 505 /)
  assert.match(await http1(get('*')), /^HTTP\/1\.1 400 /)
  for (const path of ['/nothing', '/', '/v2', '/healthy', '/../etc/passwd', '/%2e%2e/', '/health/x', `/${'x'.repeat(8000)}`]) {
    const answer = await http1(get(path))
    assert.match(answer, /^HTTP\/1\.1 404 /, path)
    assert.match(answer, /Content-Type: application\/problem\+json/)
    assert.equal(problemOf(answer).status, 404)
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']) {
    const answer = await http1(`${method} /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    assert.match(answer, /^HTTP\/1\.1 405 /, method)
    assert.match(answer, /\r\nAllow: GET, HEAD\r\n/)
  }
  assert.match(await http1(get('/baton/instances/12345678901234567890123')), /^HTTP\/1\.1 400 /)
  assert.match(await http1(get('/baton/instances/-1')), /^HTTP\/1\.1 400 /)
  assert.match(await http1(get('/baton/instances/18446744073709551615')), /^HTTP\/1\.1 404 /)
})

test('HTTP: what is too large', async () => {
  assert.match(await http1(get('/health', `X-Large: ${'x'.repeat(100_000)}\r\n`)), /^HTTP\/1\.1 4(13|31) /)
  assert.match(await http1(get('/health', Array.from({ length: 20_000 }, (_, i) => `X-${i}: 1\r\n`).join(''))), /^HTTP\/1\.1 4(13|31) /)
  assert.match(await http1(get(`/${'x'.repeat(100_000)}`)), /^HTTP\/1\.1 4(13|14|31) /)
  assert.match(await http1('POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n'), /^HTTP\/1\.1 413 /)
})

test('HTTP: requests that never end or come in pieces', async () => {
  for (const bytes of ['', 'GET', 'GET /health HTTP/1.1\r\n', 'POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc']) {
    assert.doesNotMatch(await http1(bytes, { end: true }), /^HTTP\/1\.1 200 /)
  }
  const pipelined = await http1(`${'GET /health HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(50)}${get('/nothing')}`)
  assert.equal(pipelined.match(/HTTP\/1\.1 200 /g).length, 50)
  assert.equal(pipelined.match(/HTTP\/1\.1 404 /g).length, 1)
})

test('HTTP: thousands of idle connections', async () => {
  const atRest = await descriptors()
  const sockets = await openIdle(baton.httpPort, 2_000, false)
  try {
    assert.match(await http1(get('/ready')), /^HTTP\/1\.1 200 /)
    await eventually(async () => (await descriptors()) >= 2_000)
  } finally {
    for (const raw of sockets) raw.destroy()
  }
  await eventually(async () => (await descriptors()) <= atRest + 2, 30_000)
})
