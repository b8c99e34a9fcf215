// Two judges of the third-party models: bpmnlint-plugin-camunda-compat for Camunda 8.9, which Camunda's modeler shows its
// findings of, and Baton's deployment. They must agree, but for the differences argued below.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const require = createRequire(import.meta.url)
const { BpmnModdle } = await import('bpmn-moddle')
const zeebe = require('zeebe-bpmn-moddle/resources/zeebe.json')
const { Linter } = require('bpmnlint')
const NodeResolver = require('bpmnlint/lib/resolver/node-resolver')

/// Rules by which Baton refuses what the plugin lets pass. Left out of the list are those that both have.
const argued = {
  'not-supported': 'ad-hoc sub-processes, compensation, conditional events, listeners and start forms are for a later version',
  'executable-process-required': 'the reference engine refuses files without an executable process too; the plugin looks at processes only',
  'expression-required': 'a flow of a gateway with several needs a condition unless it is the default one: the reference engine refuses it',
  'default-flow': 'a default flow must leave its own gateway: the reference engine refuses it',
  'timer-value': 'a timer value that is neither ISO 8601, cron nor an expression can never fire',
  'interrupting-cycle': 'an interrupting event cannot happen again: the reference engine refuses a cycle there',
  'sub-process-start': 'an event sub-process has one start event: the reference engine refuses several',
  'event-gateway-target': 'a target of an event-based gateway waits for a message, a signal or a timer: the reference engine refuses others',
  'event-gateway-outgoing': 'an event-based gateway needs two targets at least: the reference engine refuses fewer',
}

const linter = new Linter({
  config: { extends: 'plugin:camunda-compat/camunda-cloud-8-9' },
  resolver: new NodeResolver({ require }),
})

/// Errors that the plugin finds in a file; null if it cannot judge it (it fails on files without a process).
async function lint(path) {
  try {
    const { rootElement } = await new BpmnModdle({ zeebe }).fromXML(readFileSync(path, 'utf8'))
    const reports = Object.entries(await linter.lint(rootElement)).flatMap(([rule, found]) => found.map((one) => ({ rule, ...one })))
    if (reports.some((one) => one.category === 'rule-error')) return null
    return reports.filter((one) => one.category === 'error').map((one) => `${one.rule} at ${one.id}`)
  } catch {
    return null
  }
}

/// What baton-conformance prints about each file of a folder: the rules that refuse it, none if it was deployed.
async function judge(folder) {
  const run = await promisify(execFile)(process.env.BATON_CONFORMANCE_TOOL, ['models', folder], { maxBuffer: 1 << 28 })
  const verdicts = new Map()
  let rules
  for (const line of run.stdout.split('\n')) {
    if (!line.startsWith(' ') && line.endsWith('.bpmn')) verdicts.set(line, (rules = []))
    else if (line.startsWith('  refused by ')) rules.push(line.split(' ')[4])
    else if (line.startsWith('  refused: ')) rules.push('unreadable')
  }
  assert.match(run.stdout.trimEnd().split('\n').at(-1), / 0 failed, /, run.stdout.slice(-2000))
  return verdicts
}

const conformance = process.env.BATON_CONFORMANCE
for (const folder of ['models', 'realworld']) {
  const path = join(conformance ?? '', folder)
  test(`deployment and camunda-compat 8.9 agree on ${folder}`, { skip: conformance && existsSync(path) ? false : 'BATON_CONFORMANCE is not set' }, async (t) => {
    // The plugin reports its own failures on the console.
    const error = console.error
    console.error = () => {}
    t.after(() => (console.error = error))
    const counts = { agreed: 0, argued: 0, undecided: 0 }
    const differences = []
    for (const [name, rules] of await judge(path)) {
      const found = await lint(join(path, name))
      if (found === null) ++counts.undecided
      else if ((found.length === 0) === (rules.length === 0)) ++counts.agreed
      else if (rules.length > 0 && rules.every((rule) => rule in argued)) ++counts.argued
      else differences.push({ name, baton: rules, plugin: found })
    }
    t.diagnostic(JSON.stringify(counts))
    assert.deepEqual(differences, [])
    assert.ok(counts.agreed > 0)
  })
}
