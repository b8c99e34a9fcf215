// HTTP/2 by hand, to send what a library refuses to send.
import assert from 'node:assert/strict'
import net from 'node:net'

export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
export const FRAME = { DATA: 0, HEADERS: 1, RST_STREAM: 3, SETTINGS: 4, PUSH_PROMISE: 5, PING: 6, GOAWAY: 7, WINDOW_UPDATE: 8, CONTINUATION: 9 }
export const GOAWAY = { NO_ERROR: 0, PROTOCOL_ERROR: 1, INTERNAL_ERROR: 2, FLOW_CONTROL_ERROR: 3, STREAM_CLOSED: 5, FRAME_SIZE_ERROR: 6, COMPRESSION_ERROR: 9, ENHANCE_YOUR_CALM: 11 }

export function frame(type, flags, stream, payload) {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

export const settings = frame(FRAME.SETTINGS, 0, 0, Buffer.alloc(0))

/** The header block of a Topology call: HPACK literals without indexing. */
export function requestHeaders() {
  const text = (value) => {
    assert.ok(value.length < 127)
    return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)])
  }
  const fields = {
    ':method': 'POST', ':scheme': 'http', ':path': '/gateway_protocol.Gateway/Topology', ':authority': 'test',
    'content-type': 'application/grpc', te: 'trailers',
  }
  return Buffer.concat(Object.entries(fields).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))
}

/** A connection that reads frames only to find the GOAWAY. With `greet` it begins as HTTP/2 does. */
export function connectRaw(port, { greet = false, from = '127.0.0.1' } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true })
    const raw = {
      goaway: undefined,
      reset: false,
      write: (bytes) => socket.write(bytes),
      end: () => socket.end(),
      destroy: () => socket.destroy(),
    }
    let input = Buffer.alloc(0)
    const ended = new Promise((done) => {
      socket.on('end', done)
      socket.on('close', done)
    })
    raw.closed = async (what) => {
      let limit
      const late = new Promise((_, fail) => (limit = setTimeout(() => fail(new Error(`${what}: the server keeps the connection open`)), 15_000)))
      await Promise.race([ended, late]).finally(() => clearTimeout(limit))
      socket.destroy()
    }
    socket.on('data', (data) => {
      input = Buffer.concat([input, data])
      while (input.length >= 9) {
        const length = input.readUIntBE(0, 3)
        if (input.length < 9 + length) return
        if (input[3] === FRAME.GOAWAY) raw.goaway = input.readUInt32BE(13)
        input = input.subarray(9 + length)
      }
    })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.on('error', (error) => (raw.reset ||= error.code === 'ECONNRESET' || error.code === 'EPIPE'))
      if (greet) socket.write(Buffer.concat([preface, settings]))
      resolve(raw)
    })
  })
}
