// Compiled, not run: the types fit what users write.
import { Sandtill, StartError, WaitTimeout, type Deposit, type JournalEntry, type Space, type Transaction } from 'sandtill';
import { sandtill as spaceOf } from 'sandtill/node-test';

export async function uses(): Promise<void> {
  const server: Sandtill = await Sandtill.start({ scenario: 'paging', seed: 7 });
  const sandtill: Space = await server.space('one', { scenario: 'empty' });
  const payment: Transaction = await sandtill.pay(12345, 'USD', { merchant: 'everywhere', at: new Date() });
  await sandtill.refund(payment.id, 100);
  await sandtill.refund(payment, { amount: 100, at: '2026-03-14T12:00:00Z' });
  await sandtill.clock.advance('36h');
  await sandtill.clock.advance({ until: 'next' });
  await sandtill.faults.add('flitt', 'status', { operation: 'report', after: 2, times: 1, status: 401 });
  const entries: JournalEntry[] = await sandtill.journal.wait({ provider: 'flitt', atLeast: 2, timeout: 1 });
  const reason: string | null | undefined = entries[0]?.reason;
  const id: string | undefined = sandtill.begateway.credentials.shop_id;
  const url: string = sandtill.wepay.url;
  const { findings } = await sandtill.reconcile('flitt', 'everywhere', '2026-03-01', '2026-04-01', [{ id: 1, amount: '1.00' }]);
  const back: Transaction = await sandtill.dispute(payment, 'won', { at: new Date() });
  await sandtill.amend(back.id, { fee: 10, settled_at: new Date() });
  const deposits: Deposit[] = await sandtill.deposits.list({ merchant: 'everywhere', status: 'on_the_way' });
  for (const deposit of deposits) await sandtill.deposits.delay(deposit, '2d');
  await sandtill.reporting.set('flitt', { lag: '2h', missing: ['2026-03-14'], until: new Date() });
  const fork: Space = await sandtill.fork('two', { at: await sandtill.history.last() });
  const kinds: string[] = [...(await fork.clock.due()), ...(await fork.history.events())].map((it) => it.kind);
  // @ts-expect-error a dispute is won or lost
  await sandtill.dispute(payment, 'settled');
  // @ts-expect-error there is no such provider
  await sandtill.faults.add('stripe', 'delay');
  // @ts-expect-error an amount is a number of minor units
  await sandtill.pay('123.45', 'USD');
  // @ts-expect-error made by `start` or `connect`
  new Sandtill();
  void [kinds, reason, id, url, findings, StartError, WaitTimeout, spaceOf];
  await server.stop();
}
