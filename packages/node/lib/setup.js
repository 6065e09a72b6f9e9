'use strict';
// One server for a run of tests, found by its workers at SANDTILL_URL.
const { Sandtill } = require('./client.js');

// Setup and teardown may be loaded apart, so what they share hangs on the process.
const KEY = Symbol.for('sandtill.server');

/** Starts a server and sets SANDTILL_URL. If that is set already, the server there is the one to use. */
async function setup() {
  if (process.env.SANDTILL_URL) {
    await Sandtill.connect();
    return;
  }
  globalThis[KEY] = await Sandtill.start();
  process.env.SANDTILL_URL = globalThis[KEY].url;
}

/** Stops the server if `setup` has started it. */
async function teardown() {
  const server = globalThis[KEY];
  if (!server) return;
  delete globalThis[KEY];
  delete process.env.SANDTILL_URL;
  await server.stop();
}

module.exports = { setup, teardown };
