'use strict';
// A server as a process of its own, on a free port.
const { spawn } = require('node:child_process');
const { findBinary } = require('./binary.js');
const { StartError } = require('./errors.js');

/** Milliseconds within which a server has to be ready. The default scenario takes some. */
const READY_TIMEOUT_MS = 30_000;
/** Milliseconds for requests under way after the server was asked to stop; the server takes 5000 at most. */
const STOP_TIMEOUT_MS = 8_000;
/** How much of the server's output goes into an error, in characters. */
const MAX_OUTPUT = 2_000;

/** A running server. It ends with `stop`, at the latest with this process. */
class Server {
  #child;
  #ended;
  #output = '';
  #kill = () => this.#child.kill('SIGTERM');

  /** Starts the server and waits until it answers. */
  static async start(flags, { readyTimeoutMs = READY_TIMEOUT_MS } = {}) {
    const server = new Server();
    server.url = await server.#run([findBinary(), 'serve', '--quiet', ...flags], readyTimeoutMs);
    return server;
  }

  #run(command, readyTimeoutMs) {
    // Ours alone: the server would warn of a setting that it does not know.
    const { SANDTILL_BINARY: _, ...settings } = process.env;
    // Also when this process is killed and cannot stop it. Not a flag, which an older server would refuse.
    const env = { SANDTILL_EXIT_WITH_PARENT: 'true', ...settings };
    const [binary, ...flags] = command;
    return new Promise((resolve, reject) => {
      const said = () => this.#output.trim().slice(-MAX_OUTPUT) || 'nothing';
      const fail = (error) => {
        clearTimeout(timer);
        reject(error);
      };
      const cannotRun = (error) =>
        new StartError(
          `${binary} cannot be run (${error.code}); reinstall the package for this platform, or set SANDTILL_BINARY ` +
            'to a binary that runs here',
        );
      const timer = setTimeout(() => {
        this.#child.kill('SIGKILL');
        fail(
          new StartError(
            `the server was not ready after ${readyTimeoutMs / 1000} s; run \`${command.join(' ')}\` by hand to see ` +
              `why; it said: ${said()}`,
          ),
        );
      }, readyTimeoutMs);
      try {
        this.#child = spawn(binary, flags, { env, stdio: ['ignore', 'pipe', 'pipe'] });
      } catch (error) {
        // Some systems tell it at once.
        fail(cannotRun(error));
        return;
      }
      this.#ended = new Promise((ended) => this.#child.once('close', ended));
      this.#child.once('error', (error) => fail(cannotRun(error)));
      this.#child.once('close', (code, signal) => {
        process.removeListener('exit', this.#kill);
        fail(
          new StartError(
            `the server ended with code ${code ?? signal} before it was ready; it said: ${said()}`,
          ),
        );
      });
      process.once('exit', this.#kill);
      this.#child.stderr.on('data', (chunk) => this.#keep(chunk));
      this.#child.stdout.on('data', (chunk) => {
        this.#keep(chunk);
        const ready = /^sandtill ready on (\S+)$/m.exec(this.#output);
        if (!ready) return;
        clearTimeout(timer);
        this.#letGo();
        resolve(ready[1]);
      });
    });
  }

  #keep(chunk) {
    this.#output = (this.#output + chunk).slice(-2 * MAX_OUTPUT);
  }

  /** A server that nobody stops does not keep this process from ending. */
  #letGo() {
    this.#child.unref();
    this.#child.stdout.unref();
    this.#child.stderr.unref();
  }

  /** Asks the server to stop, and waits for it. Does nothing the second time. */
  async stop() {
    this.#child.ref();
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  get pid() {
    return this.#child.pid;
  }
}

module.exports = { Server };
