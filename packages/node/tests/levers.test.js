'use strict';
// Disputes, deposits, amendments, lag and the way back, shown on a vendor's wire or in the admin API.
const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { Sandtill } = require('sandtill');
const { count } = require('./wire.js');

const NOON = '2026-03-14T12:00:00Z';
const DAY = '2026-03-14';

let server;
before(async () => {
  server = await Sandtill.start({ scenario: 'paging' });
});
after(() => server.stop());

/** A test with a space of its own, frozen at noon. */
function inSpace(name, body) {
  test(name, async (t) => {
    const space = await server.space();
    t.after(() => space.drop());
    await space.clock.freeze(NOON);
    await body(space);
  });
}

inSpace('a dispute is won or lost', async (sandtill) => {
  const payment = await sandtill.pay(700, 'USD');
  const chargeback = await sandtill.chargeback(payment, 300);
  const back = await sandtill.dispute(payment, 'won');
  assert.deepEqual([back.kind, back.amount, back.parent], ['chargeback_reversal', 300, chargeback.id]);
  const again = await sandtill.chargeback(payment, 100);
  const lost = await sandtill.dispute(again.id, 'lost', { at: new Date(NOON) });
  assert.deepEqual([lost.id, lost.kind, lost.dispute.outcome], [again.id, 'chargeback', 'lost']);
  await assert.rejects(sandtill.dispute(payment, 'won'), { name: 'ProblemError', status: 409 });
  await assert.rejects(sandtill.dispute(payment, 'settled'), { name: 'ProblemError', message: /settled/ });
});

inSpace('an amendment is told without a word', async (sandtill) => {
  const payment = await sandtill.pay(700, 'USD', { fee: 20 });
  const amended = await sandtill.amend(payment, { fee: 25, description: 'another text' });
  assert.deepEqual([amended.id, amended.fee, amended.description], [payment.id, 25, 'another text']);
  assert.equal((await sandtill.transaction(payment, { rows: true })).rows.wepay.row.processing_fee, '-0.25');
  await assert.rejects(sandtill.amend(payment, { amount: -1 }), { name: 'ProblemError' });
});

inSpace('deposits fail, come back and are late', async (sandtill) => {
  for (const currency of ['USD', 'EUR']) await sandtill.settle(await sandtill.pay(10000, currency));
  const of = (currency, status) => sandtill.deposits.list({ merchant: 'everywhere', currency, status, from: new Date(`${DAY}T00:00:00Z`) });
  const [[first], [second]] = [await of('USD', 'on_the_way'), await of('EUR', 'on_the_way')];
  assert.equal((await sandtill.deposits.fail(first)).status, 'failed');
  await assert.rejects(sandtill.deposits.fail(first), { name: 'ProblemError', status: 409 });
  const late = await sandtill.deposits.delay(second.id, '2d');
  assert.ok(late.effective_at > second.effective_at);
  await assert.rejects(sandtill.deposits.delay(second, 'soon'), { name: 'ProblemError', message: /soon/ });
  await sandtill.clock.advance({ until: `deposit:${second.id}` });
  const [paid] = await of('EUR', 'paid');
  assert.deepEqual([paid.id, paid.effective_at], [second.id, late.effective_at]);
  assert.equal((await sandtill.deposits.return(paid)).status, 'returned');
});

inSpace('reports lag', async (sandtill) => {
  const yesterday = () => count(sandtill, '2026-03-13', 'everywhere');
  await sandtill.pay(100, 'USD', { at: '2026-03-13T10:00:00Z' });
  const before = await yesterday();
  assert.ok(before > 0);
  assert.equal((await sandtill.reporting.of('begateway')).lag, '0s');
  const { lag, jitter, missing } = await sandtill.reporting.set('begateway', {
    lag: '2h',
    jitter: '30m',
    missing: ['2026-03-13'],
  });
  assert.deepEqual([lag, jitter, missing], ['2h', '30m', ['2026-03-13']]);
  assert.equal(await yesterday(), 0);
  const payment = await sandtill.pay(100, 'USD');
  await sandtill.clock.advance({ until: `visible:${payment.id}` });
  assert.ok((await count(sandtill, DAY, 'everywhere')) > 0);
  assert.deepEqual((await sandtill.reporting.set('begateway')).missing, []);
  assert.equal(await yesterday(), before);
  await assert.rejects(sandtill.reporting.of('stripe'), { name: 'ProblemError', message: /no provider `stripe`/ });
  await assert.rejects(sandtill.reporting.set('begateway', { lag: 'soon' }), { name: 'ProblemError', message: /lag/ });
});

inSpace('the clock knows what comes and goes there', async (sandtill) => {
  assert.deepEqual(await sandtill.clock.due(), []);
  const payment = await sandtill.pay(100, 'USD');
  const isSettled = (it) => it.kind === 'settled' && it.id === payment.id;
  assert.ok((await sandtill.clock.due(new Date('2026-03-20T00:00:00Z'))).some(isSettled));
  const moved = await sandtill.clock.advance({ until: `settled:${payment.id}` });
  assert.equal(moved.now, (await sandtill.transaction(payment)).settled_at);
  assert.ok(moved.happened.some(isSettled));
  await assert.rejects(sandtill.clock.advance({ until: 'never' }), { message: /`until` is `never`/ });
});

inSpace('a space is rewound and forked', async (sandtill) => {
  const payment = await sandtill.pay(700, 'USD');
  const before = await sandtill.history.last();
  await sandtill.refund(payment, 300);
  assert.deepEqual((await sandtill.history.events({ since: before })).map((it) => it.kind), ['refunded']);
  const [copy, earlier] = [await sandtill.fork(), await sandtill.fork(undefined, { at: before })];
  assert.equal((await copy.transaction(payment)).refunded, 300);
  assert.equal((await earlier.transaction(payment)).refunded, 0);
  await copy.refund(payment, 100);
  assert.equal((await sandtill.transaction(payment)).refunded, 300);
  await sandtill.history.rewind(before);
  assert.equal((await sandtill.transaction(payment)).refunded, 0);
  await assert.rejects(sandtill.history.rewind(1e9), { name: 'ProblemError', status: 409 });
  await assert.rejects(sandtill.fork(sandtill.name), { name: 'ProblemError', status: 409 });
  await copy.drop();
  await earlier.drop();
});
