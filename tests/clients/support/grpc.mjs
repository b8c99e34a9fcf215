// The API as the server's own proto file defines it, over grpc-js; calls as promises.
import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'

const beside = new URL('../gateway_protocol.proto', import.meta.url).pathname
const inTree = new URL('../../../src/gateway/proto/gateway_protocol.proto', import.meta.url).pathname
const gatewayProto = existsSync(beside) ? beside : inTree
const healthProto = new URL('health.proto', import.meta.url).pathname
const options = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true }

export const status = grpc.status
export const gatewayDefinition = grpc.loadPackageDefinition(loader.loadSync(gatewayProto, options)).gateway_protocol.Gateway
const healthDefinition = grpc.loadPackageDefinition(loader.loadSync(healthProto, options)).grpc.health.v1.Health

function promised(client, definition) {
  const calls = { close: () => client.close(), client }
  for (const [name, method] of Object.entries(definition.service)) {
    const rpc = name[0].toLowerCase() + name.slice(1)
    calls[rpc] = (request = {}, callOptions = {}) =>
      new Promise((resolve, reject) => {
        if (!method.responseStream) {
          client[name](request, callOptions, (error, reply) => (error ? reject(error) : resolve(reply)))
          return
        }
        const messages = []
        client[name](request, callOptions)
          .on('data', (message) => messages.push(message))
          .on('error', reject)
          .on('end', () => resolve(messages))
      })
    calls[`${rpc}Stream`] = (request = {}, callOptions = {}) => client[name](request, callOptions)
  }
  return calls
}

// A channel of its own for each client: grpc-js shares connections of equal channels otherwise.
const ownChannel = { 'grpc.use_local_subchannel_pool': 1, 'grpc.max_send_message_length': -1 }

export function gatewayClient(address, channel = {}) {
  return promised(new gatewayDefinition(address, grpc.credentials.createInsecure(), { ...ownChannel, ...channel }), gatewayDefinition)
}

export function healthClient(address) {
  return promised(new healthDefinition(address, grpc.credentials.createInsecure(), ownChannel), healthDefinition)
}

/** Asserts that a call fails with a code and a text; gives the error. */
export async function assertFails(promise, code, text) {
  let reply
  try {
    reply = await promise
  } catch (error) {
    assert.equal(error.code, code, `${error.code} ${error.details ?? error.message}`)
    if (text instanceof RegExp) assert.match(error.details, text)
    else if (text !== undefined) assert.equal(error.details, text)
    return error
  }
  assert.fail(`expected code ${code}, but the call succeeded: ${JSON.stringify(reply)}`)
}

export async function activate(gateway, type, request = {}) {
  const messages = await gateway.activateJobs({
    type, worker: 'test', timeout: 60_000, maxJobsToActivate: 32, requestTimeout: 10_000, ...request,
  })
  return messages.flatMap((message) => message.jobs)
}
