'use strict';
// The client against a real server: what it does shows on the vendors' wires.
const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { ProblemError, Sandtill, SandtillError, WaitTimeout, version } = require('sandtill');
const { ask, count } = require('./wire.js');

/** An instant after the window of the scenario `paging`. */
const NOON = '2026-03-14T12:00:00Z';
const DAY = '2026-03-14';

let server;
before(async () => {
  server = await Sandtill.start({ scenario: 'paging' });
});
after(() => server.stop());

/** Checks that a transaction that was looked up has every member of the answer that made it. */
function isTheSame(found, made) {
  assert.deepEqual({ ...found, ...made }, found);
}

/** A test with a space of its own. */
function inSpace(name, body) {
  test(name, async (t) => {
    const space = await server.space();
    t.after(() => space.drop());
    await body(space);
  });
}

test('the version is that of the binary', () => {
  assert.equal(server.version, version);
});

inSpace('credentials are those of the documents', async (sandtill) => {
  // docs/credentials.md
  assert.deepEqual(sandtill.payfort.credentials, {
    merchant_identifier: 'CycHZxVj',
    access_code: 'zx0IPmPy5jp1vAz8Kpg7',
    hash: 'sha256',
    request_phrase: 'sandtill-request',
    response_phrase: 'sandtill-response',
  });
  assert.deepEqual(sandtill.flitt.credentials, { application_id: '1019', key: 'test', merchant_id: '1549902' });
  assert.deepEqual(sandtill.begateway.credentials, { shop_id: '1', secret_key: 'sandtill-shop-secret' });
  assert.deepEqual(sandtill.epicpay.credentials, { key_id: 'sandtill-terminal-1', password: 'sandtill-password-1' });
  assert.equal(sandtill.wepay.credentials.access_token, 'STAGE_sandtill');
  assert.equal(sandtill.begateway.credentialsOf('everywhere').shop_id, '2');
  assert.equal(sandtill.begateway.merchant, 'begateway');
  assert.throws(() => sandtill.begateway.credentialsOf('nobody'), {
    message: 'merchant `nobody` does not sell through begateway; there are begateway, everywhere',
  });
});

inSpace('a payment shows at the provider', async (sandtill) => {
  await sandtill.clock.freeze(NOON);
  const [today, yesterday] = [await count(sandtill, DAY, 'everywhere'), await count(sandtill, '2026-03-13', 'everywhere')];
  const payment = await sandtill.pay(12345, 'USD', { order: 'A-1' });
  await sandtill.pay(100, 'USD', { at: new Date('2026-03-13T09:00:00Z') });
  assert.equal(await count(sandtill, DAY, 'everywhere'), today + 1);
  assert.equal(await count(sandtill, '2026-03-13', 'everywhere'), yesterday + 1);
  const { amount, currency, status, merchant, order } = payment;
  assert.deepEqual({ amount, currency, status, merchant, order }, { amount: 12345, currency: 'USD', status: 'captured', merchant: 'everywhere', order: 'A-1' });
  isTheSame(await sandtill.transaction(payment.id), payment);
  const listed = await sandtill.transactions({ merchant: 'everywhere', from: new Date(NOON) });
  assert.deepEqual(listed.map((it) => it.id), [payment.id]);
});

inSpace('life happens', async (sandtill) => {
  await sandtill.clock.freeze(NOON);
  const payment = await sandtill.pay(10000, 'USD');
  const refund = await sandtill.refund(payment.id, 2500);
  assert.deepEqual([refund.kind, refund.amount, refund.parent], ['refund', 2500, payment.id]);
  assert.equal((await sandtill.refund(payment, { amount: 500 })).amount, 500);
  assert.equal((await sandtill.transaction(payment)).refunded, 3000);
  assert.equal((await sandtill.settle(payment)).settled_at, NOON);
  assert.equal((await sandtill.chargeback(await sandtill.pay(700, 'USD'))).amount, 700);
  const reserve = () => sandtill.pay(500, 'USD', { kind: 'authorization', status: 'authorized' });
  assert.equal((await sandtill.capture(await reserve(), 200)).amount, 200);
  assert.equal((await sandtill.void(await reserve())).amount, 500);
});

inSpace('the clock is a lever', async (sandtill) => {
  assert.deepEqual(await sandtill.clock.freeze(NOON), new Date(NOON));
  assert.deepEqual(await sandtill.clock.advance('36h'), { now: '2026-03-16T00:00:00Z', happened: [] });
  await sandtill.clock.advance({ to: new Date('2026-03-17T00:00:00Z') });
  assert.deepEqual(await sandtill.clock.now(), new Date('2026-03-17T00:00:00Z'));
  assert.ok((await sandtill.clock.run()) >= new Date('2026-03-17T00:00:00Z'));
  await assert.rejects(sandtill.clock.advance(), SandtillError);
});

inSpace('a fault strikes as often as it says', async (sandtill) => {
  const fault = await sandtill.faults.add('begateway', 'status', { operation: 'count', times: 1, status: 503 });
  assert.deepEqual((await sandtill.faults.list()).map((it) => it.id), [fault.id]);
  const first = await ask(sandtill.url, '/api/reports/count', {}, sandtill.begateway.credentials);
  const second = await ask(sandtill.url, '/api/reports/count', {}, sandtill.begateway.credentials);
  assert.deepEqual([first.status, second.status], [503, 422]);
  await sandtill.faults.remove(fault);
  assert.deepEqual(await sandtill.faults.list(), []);
  await sandtill.faults.add('flitt', 'delay', { ms: 1, every: 3 });
  const [rule] = await sandtill.faults.list();
  assert.deepEqual([rule.every, rule.fault], [3, { kind: 'delay', ms: 1 }]);
  await sandtill.faults.clear();
  assert.deepEqual(await sandtill.faults.list(), []);
});

inSpace('the journal waits for what is expected', async (sandtill) => {
  await ask(sandtill.url, '/api/reports', {}, { shop_id: '1', secret_key: 'wrong' });
  const [found] = await sandtill.journal.wait({ provider: 'begateway', atLeast: 1, timeout: 5 });
  assert.deepEqual([found.operation, found.outcome, found.status], ['reports', 'refused', 401]);
  const refused = await sandtill.journal.refused();
  assert.deepEqual(refused.map((it) => it.reason), ['the secret key of shop `1` is another one']);
  assert.equal((await sandtill.journal.entry(refused[0].id)).answer.status, 401);
  await assert.rejects(sandtill.journal.wait({ provider: 'flitt', timeout: 0.01 }), (error) => {
    assert.ok(error instanceof WaitTimeout);
    assert.equal(
      error.message,
      '0 of 1 requests matched; at least 1 were expected within 0.01 s; the most similar request is 1 ' +
        `(POST /@${sandtill.name}/api/reports), but provider is \`begateway\`, not \`flitt\``,
    );
    return true;
  });
  await sandtill.journal.clear();
  assert.deepEqual(await sandtill.journal.entries(), []);
});

test('spaces are worlds of their own', async () => {
  const [one, other] = [await server.space(), await server.space(undefined, { scenario: 'paging' })];
  await one.clock.freeze(NOON);
  await other.clock.freeze(NOON);
  await one.pay(100, 'EUR', { merchant: 'begateway' });
  assert.equal(await count(one, DAY), (await count(other, DAY)) + 1);
  await one.drop();
  await other[Symbol.asyncDispose]();
  const { spaces } = await server.admin('GET', '/spaces');
  const names = spaces.map((it) => it.name);
  assert.ok(!names.includes(one.name) && !names.includes(other.name));
});

test('a named space is the same again', async () => {
  const one = await server.space('js-named');
  const paid = await one.pay(100, 'EUR', { merchant: 'begateway' });
  isTheSame(await (await server.space('js-named')).transaction(paid.id), paid);
  await assert.rejects(server.space('js-named', { scenario: 'paging' }), { name: 'ProblemError', status: 409 });
  await one.drop();
});

inSpace('the truth knows what was paid, a reconciliation what is wrong', async (sandtill) => {
  await sandtill.clock.freeze(NOON);
  const payments = [];
  for (const amount of [100, 200, 300]) payments.push(await sandtill.pay(amount, 'USD'));
  const held = ['begateway', 'everywhere', DAY, new Date('2026-03-15T00:00:00Z')];
  const truth = await sandtill.truth(...held);
  assert.deepEqual(truth.totals.map((it) => [it.day, it.count, it.amount]), [[DAY, 3, 600]]);
  assert.equal(truth.rows, undefined);
  // At beGateway the id of the wire is that of the admin API.
  const { rows } = await sandtill.truth(...held, { rows: true, axis: 'paid' });
  assert.deepEqual(new Set(rows.map((it) => it.id)), new Set(payments.map((it) => String(it.id))));
  const imported = payments.map((it) => ({ id: it.id, amount_minor: it.amount }));
  const right = await sandtill.reconcile(...held, imported);
  assert.deepEqual([right.ok, right.findings], [true, []]);
  imported[1].amount_minor = 201;
  const { findings } = await sandtill.reconcile(...held, imported.slice(1));
  assert.deepEqual(findings.map((it) => [it.kind, it.id]).sort(), [
    ['amount_mismatch', String(payments[1].id)],
    ['missing', String(payments[0].id)],
  ]);
  await assert.rejects(sandtill.reconcile(...held, [{ amount: '1.00' }]), { name: 'ProblemError' });
});

inSpace('the URL of a space leads into the space', async (sandtill) => {
  const client = await Sandtill.connect(sandtill.url);
  assert.equal(client.name, sandtill.name);
  const paid = await sandtill.pay(100, 'USD');
  isTheSame(await client.transaction(paid.id), paid);
  const other = await client.space();
  assert.equal(other.url, `${server.url}/@${other.name}`);
  assert.equal((await other.admin('GET', '/health')).space, other.name);
  await other.drop();
});

inSpace('a reset begins anew', async (sandtill) => {
  const before = await sandtill.transactions({ limit: 1 });
  await sandtill.pay(100, 'USD');
  assert.notDeepEqual(await sandtill.transactions({ limit: 1 }), before);
  await sandtill.reset();
  assert.deepEqual(await sandtill.transactions({ limit: 1 }), before);
});

inSpace('a refusal of the admin API is its sentence', async (sandtill) => {
  await assert.rejects(sandtill.pay(1, 'XXQ'), (error) => {
    assert.ok(error instanceof ProblemError && error instanceof SandtillError);
    assert.match(error.message, /^POST \/_admin\/transactions was refused: .*XXQ/);
    assert.ok(error.message.endsWith(error.detail) && error.status >= 400);
    return true;
  });
});

test('scenario and seed are those of start', async () => {
  const own = await Sandtill.start({ scenario: 'settlement', seed: 7 });
  const { scenario, seed } = await own.admin('GET', '/health');
  assert.deepEqual([scenario, seed], ['settlement', 7]);
  await own.stop();
  await own.stop();
});
