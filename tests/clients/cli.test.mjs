// The `baton` command against a running server, as a person types it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Baton, variant } from './support/baton.mjs'

let baton
let folder
before(async () => {
  baton = await Baton.start()
  folder = await mkdtemp(path.join(tmpdir(), 'baton-cli-files-'))
})
after(async () => {
  await rm(folder, { recursive: true })
  await baton.stop()
})

const run = (...args) => new Promise((resolve) => {
  execFile(process.env.BATON_BIN, args, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }))
})
const to = () => ['--grpc', baton.address, '--http', `127.0.0.1:${baton.httpPort}`]
async function json(...args) {
  const { code, stdout, stderr } = await run(...args, ...to(), '--json')
  assert.equal(code, 0, stdout + stderr)
  return JSON.parse(stdout)
}
async function deploy(...models) {
  const files = []
  for (const [model, id] of models) {
    const { name, process } = await variant(model, id)
    files.push(path.join(folder, name))
    await writeFile(files.at(-1), process)
  }
  return json('deploy', ...files)
}
const create = async (id, variables) => (await json('create', id, '--vars', JSON.stringify(variables))).processInstanceKey

test('publish and signal', async () => {
  await deploy(['waiting', 'cli-wait'])
  const paid = await create('cli-wait', { order: '1' })
  assert.match((await json('publish', 'cli-wait-paid', '--key', '1', '--vars', '{"amount":5}')).messageKey, /^\d+$/)
  assert.equal((await baton.variablesOf(paid)).amount, 5)
  await json('publish', 'cli-wait-paid', '--key', '2', '--ttl', '60000', '--id', 'once')
  const again = await run('publish', 'cli-wait-paid', '--key', '2', '--ttl', '60000', '--id', 'once', ...to())
  assert.equal(again.code, 1)
  assert.match(again.stderr, /a message with that id was already published/)
  const alarmed = await create('cli-wait', { order: '3' })
  assert.match((await run('signal', 'cli-wait-alarm', ...to())).stdout, /^broadcast signal \d+/)
  assert.equal(await baton.instance(alarmed), null)
})

test('user tasks: list, claim, assign, complete', async () => {
  await deploy(['approval', 'cli-task'])
  const instance = await create('cli-task', { who: null, users: [], follow: null })
  const { items: [task] } = await json('task', 'list', '--group', 'legal')
  assert.deepEqual([task.processInstanceKey, task.assignee, task.priority], [instance, null, 70])
  const line = (await run('task', 'list', ...to())).stdout
  assert.match(line, new RegExp(`^${task.userTaskKey} +Approve +- +sales,legal +priority 70 +due 2031-05-01T08:00:00.000Z of cli-task ${instance}`))
  assert.equal((await run('task', 'claim', task.userTaskKey, 'ada', ...to())).code, 0)
  const refused = await run('task', 'claim', task.userTaskKey, 'bob', ...to())
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /it has already been assigned/)
  await json('task', 'assign', task.userTaskKey, 'bob')
  assert.equal((await json('task', 'list', '--assignee', 'bob')).items.length, 1)
  assert.equal((await run('task', 'complete', task.userTaskKey, '--vars', '[]', ...to())).code, 1)
  await json('task', 'complete', task.userTaskKey, '--vars', '{"approved":true}')
  assert.equal(await baton.instance(instance), null)
  assert.match((await run('task', 'list', ...to())).stdout, /^no user tasks/)
  assert.equal((await run('task', 'list', '--limit', '0', ...to())).code, 2)
})

test('forms are deployed', async () => {
  const file = path.join(folder, 'order.form')
  await writeFile(file, '{"id":"cli-order"}')
  assert.match((await run('deploy', file, ...to())).stdout, /^deployed form cli-order version 1 \(key \d+\) from order.form/)
  assert.equal((await json('deploy', file)).deployments[0].formId, 'cli-order')
})

test('completion scripts know the commands', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await run('completion', shell)
    assert.equal(code, 0)
    for (const word of ['publish', 'signal', 'task', 'complete', 'claim']) assert.ok(stdout.includes(word), `${shell}: ${word}`)
  }
  const words = await new Promise((resolve, reject) => execFile('bash', ['-c',
    `source <("$0" completion bash); COMP_WORDS=(baton task l); COMP_CWORD=2; _baton; echo "\${COMPREPLY[@]}"`, process.env.BATON_BIN],
    (error, stdout) => (error ? reject(error) : resolve(stdout))))
  assert.equal(words.trim(), 'list')
})
