'use strict';
// A suite that runners.test.js runs.
const { appendFileSync } = require('node:fs');
const { Sandtill } = require('sandtill');

test('a space for a test', async () => {
  const server = await Sandtill.connect();
  const sandtill = await server.space();
  const payment = await sandtill.pay(12345, 'USD');
  expect(payment.amount).toBe(12345);
  await sandtill.drop();
  appendFileSync(process.env.SEEN, `${server.url}\n`);
});
