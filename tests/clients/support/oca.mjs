// What tests of @camunda8/orchestration-cluster-api share.
import assert from 'node:assert/strict'

export const UNKNOWN_KEY = '2251799813999999'
export const now = { consistency: { waitUpToMs: 0 } }

/** The call fails with this status, title and detail. */
export async function fails(promise, status, title, detail) {
  let answer
  try {
    answer = await promise
  } catch (error) {
    assert.equal(error.status ?? error.response?.status, status, `${error.message} ${JSON.stringify(error)}`)
    if (title) assert.equal(error.title ?? error.name, title, JSON.stringify(error))
    if (detail instanceof RegExp) assert.match(error.detail ?? error.message, detail)
    return error
  }
  assert.fail(`expected ${status}, but the call succeeded: ${JSON.stringify(answer)}`)
}
