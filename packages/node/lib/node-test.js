'use strict';
// For node:test, which runs each file in a process of its own: one server a file, one space a test.
const { after } = require('node:test');
const { Sandtill } = require('./client.js');

/** How many refused requests the report of a failed test shows. */
const MAX_SHOWN = 20;

let server;
// A start that failed was told to each test already.
after(() => server?.then((it) => it.stop(), () => {}));

/**
 * A space of its own for a test, which is dropped afterwards. The server is that of SANDTILL_URL, or one that is
 * started for this process. A test that fails says which requests were refused, and why.
 */
async function sandtill(t, { scenario } = {}) {
  server ??= process.env.SANDTILL_URL ? Sandtill.connect() : Sandtill.start();
  const space = await (await server).space(undefined, { scenario });
  t.after(async () => {
    if (t.passed === false) await report(t, space);
    await space.drop();
  });
  return space;
}

async function report(t, space) {
  const refused = await space.journal.refused({ limit: MAX_SHOWN });
  for (const it of refused.reverse()) {
    const mistake = it.likely_mistake ? ` (likely mistake: ${it.likely_mistake})` : '';
    t.diagnostic(`refused: ${it.provider} ${it.operation}: ${it.method} ${it.target} -> ${it.status}: ${it.reason}${mistake}`);
  }
}

module.exports = { sandtill };
