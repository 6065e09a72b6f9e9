'use strict';
// vitest, jest and node:test, each on a small suite of its own: it sees a server, and none is left afterwards.
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { test } = require('node:test');
const { Sandtill } = require('sandtill');

const project = join(__dirname, '..');

/** Runs a runner and returns what it printed; its tests write the URLs they saw into `seen`. */
function run(t, command, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sandtill-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const seen = join(folder, 'seen');
  // node:test tells its children where they run, and they would report to it.
  const { NODE_TEST_CONTEXT: _, SANDTILL_URL: __, ...rest } = process.env;
  const ended = spawnSync(process.execPath, command, {
    cwd: project,
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...rest, CI: '1', NO_COLOR: '1', SEEN: seen, ...env },
  });
  const text = ended.stdout + ended.stderr;
  const lines = () => readFileSync(seen, 'utf8').trim().split('\n');
  return { status: ended.status, text, lines };
}

async function isGone(url) {
  await assert.rejects(Sandtill.connect(url), { message: /^no Sandtill answers at/ });
}

const VITEST = ['node_modules/vitest/vitest.mjs', 'run', '--root', 'tests/vitest'];
const JEST = ['node_modules/jest/bin/jest.js', '--config', 'tests/jest/jest.config.js', '--no-cache'];

for (const [name, command] of [['vitest', VITEST], ['vitest in threads', [...VITEST, '--pool', 'threads']], ['jest', JEST]]) {
  test(`${name} has one server for all files, and stops it`, async (t) => {
    const { status, text, lines } = run(t, command);
    assert.equal(status, 0, text);
    const urls = new Set(lines());
    assert.equal(lines().length, 2, text);
    assert.equal(urls.size, 1);
    await isGone([...urls][0]);
  });

  test(`${name} uses the server that runs already`, async (t) => {
    const server = await Sandtill.start();
    t.after(() => server.stop());
    const { status, text, lines } = run(t, command, { SANDTILL_URL: server.url });
    assert.equal(status, 0, text);
    assert.deepEqual(new Set(lines()), new Set([server.url]));
    assert.equal((await server.admin('GET', '/health')).status, 'ok');
  });

  test(`${name} says what is wrong with SANDTILL_URL`, (t) => {
    const { status, text } = run(t, command, { SANDTILL_URL: 'http://127.0.0.1:9' });
    assert.notEqual(status, 0);
    assert.match(text, /no Sandtill answers at http:\/\/127.0.0.1:9 \(connection refused\); start one/);
  });
}

test('node:test has a space a test and says why a request was refused', async (t) => {
  const { status, text, lines } = run(t, ['--test', 'tests/node-test/suite.mjs']);
  assert.equal(status, 1, text);
  assert.match(text, /pass 2\n[^]*fail 1\n/);
  assert.match(text, /refused: begateway reports: POST \/@js-\w+\/api\/reports -> 401: the secret key of shop `1` is another one/);
  assert.equal(text.match(/refused: begateway/g).length, 1);
  const [first, second] = lines();
  assert.notEqual(first, second);
  assert.equal(first.split('/@')[0], second.split('/@')[0]);
  await isGone(first.split('/@')[0]);
});
