'use strict';
// The snippets of docs/node.md run as they stand. `check` has put the page beside these tests.
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { mkdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');

const project = join(__dirname, '..');
const page = readFileSync(join(__dirname, 'node.md'), 'utf8');
const snippets = [...page.matchAll(/```js\n([^]*?)```/g)].map((found) => found[1]);
const [vitestConfig, jestConfig, vitestTest, nodeTest, client] = snippets;

/** Runs a command in a folder of the project with these files, and returns what it printed. */
function run(t, name, files, command) {
  const folder = join(project, `docs-${name}`);
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(folder);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const { NODE_TEST_CONTEXT: _, SANDTILL_URL: __, ...env } = process.env;
  const ended = spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8', timeout: 120_000, env: { ...env, CI: '1', NO_COLOR: '1' } });
  const text = ended.stdout + ended.stderr;
  assert.equal(ended.status, 0, text);
  return text;
}

test('the page has five snippets', () => {
  assert.equal(snippets.length, 5);
});

test('vitest', (t) => {
  const files = { 'vitest.config.mjs': vitestConfig, 'import.test.mjs': vitestTest };
  assert.match(run(t, 'vitest', files, ['../node_modules/vitest/vitest.mjs', 'run']), /Tests +1 passed/);
});

test('jest', (t) => {
  // The same test as a CommonJS module, which jest's own functions are global in.
  const text = vitestTest
    .replace("import { Sandtill } from 'sandtill';", "const { Sandtill } = require('sandtill');")
    .replace(/import .* from 'vitest';\n/, '');
  const files = { 'jest.config.js': jestConfig, 'import.test.js': text };
  assert.match(run(t, 'jest', files, ['../node_modules/jest/bin/jest.js']), /Tests: +1 passed/);
});

test('node:test', (t) => {
  assert.match(run(t, 'node-test', { 'import.test.mjs': nodeTest }, ['--test', 'import.test.mjs']), /pass 1\n/);
});

test('the client', (t) => {
  assert.equal(run(t, 'client', { 'client.js': client }, ['client.js']), '2345 []\n');
});
