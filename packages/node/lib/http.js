'use strict';
// Calls of the admin API, with Node alone. Not by `fetch`, which is missing or replaced in some test environments.
const http = require('node:http');
const https = require('node:https');
const { ProblemError, SandtillError, StartError } = require('./errors.js');

/** Milliseconds until a call that does not wait for anything is given up. */
const TIMEOUT_MS = 60_000;

/** Where the admin API of one space is, and the token for it. */
class Connection {
  constructor(url, token) {
    let parsed;
    try {
      parsed = new URL(url);
    } catch {
      parsed = null;
    }
    if (!parsed || !['http:', 'https:'].includes(parsed.protocol)) {
      throw new StartError(`\`${url}\` is no base URL of a server; it looks like http://127.0.0.1:8080`);
    }
    this.url = String(url).replace(/\/+$/, '');
    this.token = token;
  }

  /** Sends a call and returns its JSON, or `undefined` for an answer without a body. */
  async call(method, path, body, { query = {}, timeoutMs = TIMEOUT_MS } = {}) {
    const { status, type, text } = await this.#send(method, path, body, query, timeoutMs);
    if (status >= 300) throw this.#refusal(method, path, status, type, text);
    if (text === '') return undefined;
    try {
      return JSON.parse(text);
    } catch {
      throw this.notSandtill(`no JSON came from ${path}`);
    }
  }

  notSandtill(why) {
    return new StartError(`what answers at ${this.url} is not Sandtill (${why}); check the address and the port`);
  }

  #send(method, path, body, query, timeoutMs) {
    const url = new URL(`${this.url}${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
    }
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = { Accept: 'application/json' };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (payload) Object.assign(headers, { 'Content-Type': 'application/json', 'Content-Length': payload.length });
    const { request } = url.protocol === 'https:' ? https : http;
    return new Promise((resolve, reject) => {
      const failed = (error) =>
        reject(
          error instanceof SandtillError
            ? error
            : new StartError(
                `no Sandtill answers at ${this.url} (${reason(error)}); start one with \`sandtill\`, or correct the URL`,
              ),
        );
      // A connection of its own: one that is kept could be closed by the server at the same moment.
      const sent = request(url, { method, headers, agent: false }, (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('error', failed);
        answer.on('end', () =>
          resolve({
            status: answer.statusCode,
            type: answer.headers['content-type'] ?? '',
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      });
      sent.setTimeout(timeoutMs, () =>
        sent.destroy(
          new SandtillError(
            `${method} ${path} had no answer after ${timeoutMs / 1000} s; see in the server's log what it waits for`,
          ),
        ),
      );
      sent.on('error', failed);
      sent.end(payload);
    });
  }

  #refusal(method, path, status, type, text) {
    if (!type.includes('problem+json')) return this.notSandtill(`HTTP ${status} from ${path}`);
    let problem = {};
    try {
      problem = JSON.parse(text);
    } catch {
      // The status alone has to do.
    }
    const detail = problem.detail ?? `HTTP ${status}`;
    if (status === 401) {
      const sent = this.token ? "the token is another one than the server's" : 'no token was sent';
      return new ProblemError(
        `the server at ${this.url} wants its admin token and ${sent}; pass { token }, or set SANDTILL_ADMIN_TOKEN ` +
          'to the value of its --admin-token',
        status,
        problem,
      );
    }
    return new ProblemError(`${method} ${path} was refused: ${detail}`, status, problem);
  }
}

function reason(error) {
  const words = { ECONNREFUSED: 'connection refused', ENOTFOUND: 'no such host', ECONNRESET: 'connection reset' };
  const code = error.code ?? error.errors?.[0]?.code;
  return words[code] ?? code ?? error.message;
}

module.exports = { Connection, TIMEOUT_MS };
