// The same expression, and the small table as five chained conditions, with the npm package feelin: for comparison.
// Run by scripts/bench-decisions, which installs the package below build/tools.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.cwd()}/build/tools/package.json`);
const { evaluate, unaryTest } = await import(pathToFileURL(require.resolve('feelin')));
const seconds = Number(process.argv[2] ?? 2);

const result = (value) => (value !== null && typeof value === 'object' && 'value' in value ? value.value : value);

// CPU time, as baton-bench counts it.
function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function perSecond(once) {
  const start = cpuSeconds();
  let done = 0;
  let taken = 0;
  while (taken < seconds) {
    for (let i = 0; i < 100; i += 1) once(done + i);
    done += 100;
    taken = cpuSeconds() - start;
  }
  return done / taken;
}

function report(name, rate) {
  console.log(`${name.padEnd(48)} ${Math.round(rate).toString().padStart(12)} /s`);
}

report('feelin: amount > 1000 and status = "open"', perSecond((i) => {
  const value = result(evaluate('amount > 1000 and status = "open"', { amount: 1001 + (i % 5000), status: 'open' }));
  if (value !== true) throw new Error(`unexpected ${value}`);
}));

const rules = [['< 100', '"gold"'], ['[100..1000)', '"gold"'], ['>= 1000', '"gold"'], ['< 1000', '"silver"'],
  ['>= 1000', '"silver", "bronze"']];
report('feelin: unary tests of the 5-rule table', perSecond((i) => {
  const inputs = [i % 2000, i % 3 === 0 ? 'silver' : 'gold'];
  const hits = rules.filter((rule) => rule.every((test, column) => result(unaryTest(test, { '?': inputs[column] }))));
  if (hits.length !== 1) throw new Error(`${hits.length} rules match`);
}));
