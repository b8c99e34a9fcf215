// HTTP as a stranger speaks it: slow clients, large bodies, garbage, ten thousand waiting polls; the set-up page; a stop that
// does not wait for clients who never answer.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import net from 'node:net'
import { after, before, test } from 'node:test'
import { Baton, eventually, variant } from './support/baton.mjs'
import { gatewayClient } from './support/grpc.mjs'
import { connectRaw, preface, settings } from './support/http2_raw.mjs'

let baton
before(async () => {
  baton = await Baton.start()
})
after(() => baton.stop())

/** Sends bytes and gives what came until the server closed the connection, or `enough` says so. */
function raw(bytes, { port = baton.httpPort, enough = () => false } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes))
    let text = ''
    socket.on('data', (data) => {
      text += data
      if (enough(text)) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}
const post = (path, body, headers = {}) => fetch(`http://127.0.0.1:${baton.httpPort}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })

test('bodies at the limit are read, larger ones are refused before they are sent', async () => {
  const limit = 4 * 1024 * 1024
  const text = '{"processDefinitionId":"nothing","variables":{"a":""}}'
  const at = await post('/v2/process-instances', text.replace('""', `"${'x'.repeat(limit - text.length)}"`))
  assert.equal(at.status, 404, await at.text())
  const answer = await raw(`POST /v2/process-instances HTTP/1.1\r\nHost: x\r\nContent-Length: ${limit + 1}\r\n\r\n`)
  assert.match(answer, /^HTTP\/1\.1 413 /)
  const chunks = await raw(`POST /v2/process-instances HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${(limit + 1).toString(16)}\r\n`)
  assert.match(chunks, /^HTTP\/1\.1 413 /)
})

test('request smuggling: what could be read in two ways ends the connection, and nothing behind it is served', async () => {
  const hidden = 'GET /v2/topology HTTP/1.1\r\nHost: x\r\n\r\n'
  for (const head of ['Content-Length: 4\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: chunked\r\nContent-Length: 4', 'Content-Length: 4\r\nContent-Length: 5',
    'Transfer-Encoding : chunked', 'Transfer-Encoding: \x0bchunked', 'X: y\n Content-Length: 4', ' Content-Length: 4', 'Content-Length: 4,4']) {
    const answer = await raw(`POST /v2/process-instances HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n0\r\n\r\n${hidden}`)
    assert.match(answer, /^HTTP\/1\.1 (400|501) /, head)
    assert.equal(answer.match(/HTTP\/1\.1 /g).length, 1, head)
  }
  assert.match(await raw(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])), /^HTTP\/1\.1 400 /)
})

test('pipelined requests are answered in their order', async () => {
  const get = (path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
  const answer = await raw(`${get('/ready')}${get('/health')}${get('/nowhere')}GET /v2/topology HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  assert.deepEqual(answer.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200'])
})

test('a client that sends its headers byte by byte is cut off, others are served meanwhile', async () => {
  const begin = Date.now()
  const socket = net.connect(baton.httpPort, '127.0.0.1')
  const text = 'GET /health HTTP/1.1\r\nX: '
  let sent = 0
  const drip = setInterval(() => socket.write(text[sent++] ?? 'x'), 200)
  let answer = ''
  socket.on('data', (data) => (answer += data)).on('error', () => {})
  const closed = new Promise((resolve) => socket.on('close', resolve))
  assert.equal((await fetch(`http://127.0.0.1:${baton.httpPort}/health`)).status, 200)
  await closed
  clearInterval(drip)
  assert.match(answer, /^HTTP\/1\.1 408 /)
  assert.ok(Date.now() - begin < 30_000)
})

test('ten thousand idle long polls, and a job that one of them gets', { timeout: 120_000 }, async () => {
  const { name, process } = await variant('one-task', 'many-polls')
  const gateway = gatewayClient(baton.address)
  await gateway.deployResource({ resources: [{ name, content: process }] })
  const rssAnon = async () => Number(/RssAnon:\s+(\d+) kB/.exec(await readFile(`/proc/${baton.pid}/status`, 'utf8'))[1])
  const wanted = 10_000
  const before = await rssAnon()
  const sockets = []
  const poll = (type, wait) => {
    const body = `{"type":"${type}","worker":"w","timeout":60000,"maxJobsToActivate":1,"requestTimeout":${wait}}`
    return `POST /v2/jobs/activation HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  }
  let refused = 0
  for (let i = 0; i < wanted; ++i) {
    const socket = net.connect(baton.httpPort, '127.0.0.1', () => socket.write(poll('idle-work', 600_000)))
    socket.on('error', () => ++refused)
    sockets.push(socket)
    if (i % 200 === 199) await eventually(async () => (await baton.metric('baton_long_polls')) + refused >= i - 100, 20_000)
  }
  await eventually(async () => (await baton.metric('baton_long_polls')) + refused >= wanted, 30_000)
  const each = ((await rssAnon()) - before) / (wanted - refused)
  // Latency: a poll waits, then the job is created.
  const latencies = []
  for (let i = 0; i < 50; ++i) {
    const answer = raw(poll('many-polls-work', 60_000), { enough: (text) => text.includes('"jobKey"') })
    await eventually(async () => (await baton.metric('baton_long_polls')) === wanted - refused + 1)
    const begin = performance.now()
    gateway.createProcessInstance({ bpmnProcessId: 'many-polls', version: -1 }).catch(() => {})
    assert.match(await answer, /"jobs":\[\{/)
    latencies.push(performance.now() - begin)
  }
  latencies.sort((a, b) => a - b)
  console.log(`${wanted - refused} idle long polls: ${each.toFixed(2)} KiB each; a job reaches a waiting poll within ${latencies[25].toFixed(2)} ms (median), ${latencies[49].toFixed(2)} ms at most`)
  assert.equal(refused, 0)
  assert.ok(each < 10, `${each} KiB per long poll`)
  for (const socket of sockets) socket.destroy()
  await eventually(async () => (await baton.metric('baton_long_polls')) === 0, 30_000)
  gateway.close()
})

test('a job whose poll went away is handed to the next one at once', async () => {
  const { name, process } = await variant('one-task', 'left')
  const gateway = gatewayClient(baton.address)
  await gateway.deployResource({ resources: [{ name, content: process }] })
  const controller = new AbortController()
  const ask = (wait, signal) => fetch(`http://127.0.0.1:${baton.httpPort}/v2/jobs/activation`, { method: 'POST', signal, headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'left-work', timeout: 600_000, maxJobsToActivate: 1, requestTimeout: wait }) })
  const gone = ask(60_000, controller.signal).catch(() => 'gone')
  await eventually(async () => (await baton.metric('baton_long_polls')) === 1)
  controller.abort()
  assert.equal(await gone, 'gone')
  await gateway.createProcessInstance({ bpmnProcessId: 'left', version: -1 })
  const { jobs } = await (await ask(20_000)).json()
  assert.equal(jobs.length, 1)
  gateway.close()
})

test('the set-up link works once, with a page that loads nothing from elsewhere', async () => {
  const fresh = await Baton.start({ dev: false })
  const at = (path) => `http://127.0.0.1:${fresh.httpPort}${path}`
  const page = await fetch(at(`/setup?token=${fresh.setupToken}`))
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-security-policy'), /default-src 'none'.*frame-ancestors 'none'/)
  const html = await page.text()
  assert.match(html, /<html lang="en">/)
  assert.doesNotMatch(html, /<script|style=|\son\w+=|https?:\/\//)
  for (const id of ['username', 'name', 'email', 'password', 'again']) assert.match(html, new RegExp(`<label for="${id}">`))
  assert.equal((await fetch(at('/setup?token=guess'))).status, 403)
  assert.equal((await fetch(at('/setup'))).status, 403)
  const send = (fields, headers = {}) => fetch(at('/setup'), { method: 'POST', headers, body: new URLSearchParams({ token: fresh.setupToken, ...fields }) })
  assert.equal((await send({ username: 'a b', password: '12345678', again: '12345678' })).status, 400)
  const escaped = await (await send({ username: '"><script>', password: '1', again: '1' })).text()
  assert.doesNotMatch(escaped, /<script/)
  assert.equal((await send({ username: 'ada', password: '12345678', again: '12345679' })).status, 400)
  assert.equal((await send({ username: 'ada', password: '12345678', again: '12345678' }, { origin: 'https://evil.example' })).status, 403)
  assert.equal((await send({ username: 'ada', password: '12345678', again: '12345678' })).status, 201)
  assert.equal((await fetch(at(`/setup?token=${fresh.setupToken}`))).status, 404)
  assert.equal((await fresh.setUp('eve', '12345678')).status, 403)
  await fresh.kill()
  await fresh.startAgain()  // the user is still there, and there is no new link
  assert.equal(fresh.setupToken, undefined)
  const authorization = `Basic ${Buffer.from('ada:12345678').toString('base64')}`
  assert.equal((await fetch(at('/v2/topology'), { headers: { authorization } })).status, 200)
  await fresh.stop()
})

test('a stop does not wait for clients that never answer', { timeout: 60_000 }, async () => {
  const other = await Baton.start()
  const silent = await connectRaw(other.grpcPort)
  silent.write(Buffer.concat([preface, settings]))
  const body = '{"type":"x","timeout":1,"maxJobsToActivate":1,"requestTimeout":60000}'
  const waiting = raw(`POST /v2/jobs/activation HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    { port: other.httpPort }).catch(() => '')
  await eventually(async () => (await other.metric('baton_long_polls')) === 1)
  const begin = Date.now()
  await other.stop()
  assert.ok(Date.now() - begin < 12_000, `the stop took ${Date.now() - begin} ms`)
  assert.match(await waiting, /"jobs":\[\]/)
  silent.destroy()
})
