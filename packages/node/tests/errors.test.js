'use strict';
// What goes wrong is told in one sentence that says what to do.
const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const { existsSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { test } = require('node:test');
const { Sandtill, findBinary, version } = require('sandtill');

/** Sets variables of the environment for the time of a test. */
function setting(t, values) {
  for (const [name, value] of Object.entries(values)) {
    const old = process.env[name];
    t.after(() => (old === undefined ? delete process.env[name] : (process.env[name] = old)));
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** A program of that text. */
function program(t, text) {
  const folder = mkdtempSync(join(tmpdir(), 'sandtill-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'program'), text, { mode: 0o755 });
  return join(folder, 'program');
}

/** A server on a free port. */
async function listening(t, server) {
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  return server.address().port;
}

const answering = (t, content) =>
  listening(t, http.createServer((_, answer) => answer.setHeader('Content-Type', 'application/json').end(content)));

test('no binary for this platform', (t) => {
  setting(t, { SANDTILL_BINARY: undefined });
  assert.throws(() => findBinary('plan9-mips'), {
    name: 'StartError',
    message: /^there is no sandtill binary for plan9-mips in node_modules; install again .* SANDTILL_BINARY/,
  });
});

test('the override names no program', async (t) => {
  setting(t, { SANDTILL_BINARY: '/no/such' });
  await assert.rejects(Sandtill.start(), { message: /^SANDTILL_BINARY is \/no\/such, which is no program; set it to/ });
});

test('the override cannot be run here', async (t) => {
  setting(t, { SANDTILL_BINARY: program(t, '#!/no/such/interpreter\n') });
  await assert.rejects(Sandtill.start(), { message: /program cannot be run \(ENOENT\); reinstall the package/ });
});

test('the override is used', async (t) => {
  const path = program(t, `#!/bin/sh\n: > "$0.was-run"\nexec "${findBinary()}" "$@"\n`);
  setting(t, { SANDTILL_BINARY: path });
  await (await Sandtill.start()).stop();
  assert.ok(existsSync(`${path}.was-run`));
});

test('the port is taken', async (t) => {
  const port = await listening(t, net.createServer());
  await assert.rejects(Sandtill.start({ listen: `127.0.0.1:${port}` }), {
    name: 'StartError',
    message: /the port is taken; choose another with --listen/,
  });
});

test('the server dies at start', async (t) => {
  await assert.rejects(Sandtill.start({ scenario: 'pagnig' }), {
    message: /^the server ended with code 2 before it was ready; it said: .*paging/,
  });
  setting(t, { SANDTILL_BINARY: program(t, '#!/bin/sh\nexit 3\n') });
  await assert.rejects(Sandtill.start(), { message: 'the server ended with code 3 before it was ready; it said: nothing' });
});

test('the server is never ready', async (t) => {
  setting(t, { SANDTILL_BINARY: program(t, '#!/bin/sh\nexec cat /dev/zero > /dev/null\n') });
  await assert.rejects(Sandtill.start({ readyTimeoutMs: 50 }), {
    message: /^the server was not ready after 0.05 s; run `.*program serve .*` by hand to see why; it said: nothing$/,
  });
});

test('nobody answers', async () => {
  const server = net.createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  await assert.rejects(Sandtill.connect(`http://127.0.0.1:${port}`), {
    message: `no Sandtill answers at http://127.0.0.1:${port} (connection refused); start one with \`sandtill\`, or correct the URL`,
  });
});

test('an address that is none', async (t) => {
  for (const url of ['127.0.0.1:8080', 'ftp://127.0.0.1', 'http://', 'http://127.0.0.1:port']) {
    await assert.rejects(Sandtill.connect(url), { message: /looks like http:\/\/127.0.0.1:8080/ }, url);
  }
  setting(t, { SANDTILL_URL: undefined });
  await assert.rejects(Sandtill.connect(), { message: 'no server was named; pass its URL, or set SANDTILL_URL' });
});

test('the token is wrong', async (t) => {
  setting(t, { SANDTILL_ADMIN_TOKEN: 'the-right-one' });
  const server = await Sandtill.start();
  t.after(() => server.stop());
  assert.ok(await server.space());
  delete process.env.SANDTILL_ADMIN_TOKEN;
  for (const [token, words] of [['another', 'the token is another one'], [undefined, 'no token was sent']]) {
    await assert.rejects(Sandtill.connect(server.url, { token }), (error) => {
      assert.equal(error.status, 401);
      assert.match(error.message, /wants its admin token and .* set SANDTILL_ADMIN_TOKEN/);
      assert.ok(error.message.includes(words) && !error.message.includes('the-right-one'));
      return true;
    });
  }
});

test('a version that the client does not know', async (t) => {
  const port = await answering(t, JSON.stringify({ status: 'ok', version: '9.1.0' }));
  await assert.rejects(Sandtill.connect(`http://127.0.0.1:${port}`), {
    message:
      `the server at http://127.0.0.1:${port} is Sandtill 9.1.0, and this client knows ${version}; install the client ` +
      `that fits with \`npm install -D sandtill@9\`, or start a server of version ${version}`,
  });
});

test('something else answers', async (t) => {
  for (const content of ['<html>hello', '[]', '{}', '{"version": 1}', 'null']) {
    const port = await answering(t, content);
    await assert.rejects(Sandtill.connect(`http://127.0.0.1:${port}`), { message: /is not Sandtill .*check the address/ });
  }
});

test('the server ends with the process', () => {
  const code = "require('sandtill').Sandtill.start().then((it) => console.log(it.pid))";
  const pid = Number(execFileSync(process.execPath, ['-e', code], { cwd: __dirname, encoding: 'utf8' }));
  // The signal is sent when the process ends; the server takes a moment to follow it.
  const gone = () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  };
  spawnSync('sh', ['-c', `while kill -0 ${pid} 2>/dev/null; do :; done`], { timeout: 10_000 });
  assert.ok(gone());
});

test('the command is the binary', () => {
  const command = join(__dirname, '..', 'node_modules', '.bin', 'sandtill');
  assert.equal(execFileSync(command, ['--version'], { encoding: 'utf8' }), `sandtill ${version}\n`);
  assert.equal(spawnSync(command, ['--nope']).status, 2);
  const nowhere = spawnSync(command, [], { encoding: 'utf8', env: { ...process.env, SANDTILL_BINARY: '/no' } });
  assert.equal(nowhere.status, 2);
  assert.match(nowhere.stderr, /^sandtill: SANDTILL_BINARY is \/no, which is no program/);
});
