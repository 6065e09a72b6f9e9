// A suite that runners.test.js runs: two tests that pass, and one that fails.
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { test } from 'node:test';
import { sandtill } from 'sandtill/node-test';
import wire from '../wire.js';

test('alone', async (t) => {
  const space = await sandtill(t, { scenario: 'paging' });
  appendFileSync(process.env.SEEN, `${space.url}\n`);
  assert.equal((await space.admin('GET', '/health')).scenario, 'paging');
});

test('refused as it should be', async (t) => {
  const space = await sandtill(t);
  appendFileSync(process.env.SEEN, `${space.url}\n`);
  const { status } = await wire.ask(space.url, '/api/reports', {}, { shop_id: '1', secret_key: 'wrong' });
  assert.equal(status, 401);
});

test('refused', async (t) => {
  const space = await sandtill(t);
  const { status } = await wire.ask(space.url, '/api/reports', {}, { shop_id: '1', secret_key: 'wrong' });
  assert.equal(status, 200);
});
