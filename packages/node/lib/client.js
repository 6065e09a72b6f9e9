'use strict';
// The client: a server, its spaces, and what can be done in them.
const { randomUUID } = require('node:crypto');
const { ProblemError, StartError } = require('./errors.js');
const { Connection } = require('./http.js');
const { Deposits, History, Reporting } = require('./levers.js');
const { ADVANCE_TIMEOUT_MS, Clock, Faults, Journal, Provider, idOf, instant } = require('./parts.js');
const { Server } = require('./server.js');
const { series, version } = require('./version.js');

/** The merchant of `pay` unless one is named: it sells in USD through all five providers. */
const DEFAULT_MERCHANT = 'everywhere';
/** The end of the URL of a space. */
const SPACE_PATH = /\/@([^/]+)$/;
const PROVIDERS = ['payfort', 'flitt', 'begateway', 'epicpay', 'wepay'];

/** A world of its own: clock, journal, faults, reports, tokens and added transactions. */
class Space {
  #connection;

  constructor(connection, name, credentials) {
    this.#connection = connection;
    this.name = name;
    this.clock = new Clock(this);
    this.faults = new Faults(this);
    this.journal = new Journal(this);
    this.deposits = new Deposits(this);
    this.reporting = new Reporting(this);
    this.history = new History(this);
    for (const provider of PROVIDERS) {
      this[provider] = new Provider(this, provider, credentials[provider]);
    }
  }

  /** The base URL of the space, without a slash at the end. */
  get url() {
    return this.#connection.url;
  }

  /** The base URL of the server, which is that of its default space. */
  get root() {
    return this.url.replace(SPACE_PATH, '');
  }

  /** Any call of the admin API, by its path below `/_admin`. */
  async admin(method, path, body, options) {
    return this.#connection.call(method, `/_admin${path}`, body, options);
  }

  /** Adds a captured payment. `amount` is in minor units: 12345 USD is $123.45. */
  async pay(amount, currency, { merchant = DEFAULT_MERCHANT, at, ...rest } = {}) {
    return this.admin('POST', '/transactions', { merchant, amount, currency, at: instant(at), ...rest });
  }

  /** One transaction as it stands now; with `rows`, also its whole row as each provider prints it. */
  async transaction(id, { rows } = {}) {
    return this.admin('GET', `/transactions/${idOf(id)}`, undefined, { query: { rows: rows || undefined } });
  }

  /** Transactions, newest first. */
  async transactions({ from, to, ...filters } = {}) {
    const query = { ...filters, from: instant(from), to: instant(to) };
    return (await this.admin('GET', '/transactions', undefined, { query })).transactions;
  }

  /** Takes reserved money, all of it without an amount. */
  async capture(id, amount, options) {
    return this.#act(id, 'capture', amount, options);
  }

  /** Gives money back, all of it without an amount. */
  async refund(id, amount, options) {
    return this.#act(id, 'refund', amount, options);
  }

  /** Releases reserved money. */
  async void(id, options) {
    return this.#act(id, 'void', undefined, options);
  }

  /** Has money forced back, all of it without an amount. */
  async chargeback(id, amount, options) {
    return this.#act(id, 'chargeback', amount, options);
  }

  /** Has the money of a payment arrive. */
  async settle(id, options) {
    return this.#act(id, 'settle', undefined, options);
  }

  /**
   * Ends the newest dispute about a payment, or that about a chargeback: `'won'` brings the money back as a row of
   * its own, which is returned, `'lost'` returns the chargeback.
   */
  async dispute(id, outcome, { at } = {}) {
    return this.admin('POST', `/transactions/${idOf(id)}/dispute`, { outcome, at: instant(at) });
  }

  /** Changes values of a transaction without a word: reports tell the new ones, from `at` on. */
  async amend(id, { at, settled_at, ...values }) {
    const body = { ...values, settled_at: instant(settled_at), at: instant(at) };
    return this.admin('POST', `/transactions/${idOf(id)}/amend`, body);
  }

  /** A new space that begins as a copy of this one, as it was behind the event `at` if one is given. */
  async fork(name, { at } = {}) {
    const made = name ?? ownName();
    const server = new Connection(this.root, this.#connection.token);
    await server.call('POST', '/_admin/spaces', { name: made, fork: this.name, at });
    return opened(server, made);
  }

  async #act(id, action, amount, options) {
    // The amount may stand among the options: `refund(id, { amount, at })`.
    const given = typeof amount === 'object' && amount !== null ? amount : { amount, ...options };
    const body = { amount: given.amount, at: instant(given.at) };
    return this.admin('POST', `/transactions/${idOf(id)}/${action}`, body);
  }

  /** What a right import of that range must hold now. `to` is exclusive, a bare date a whole UTC day. */
  async truth(provider, merchant, from, to, { axis, rows } = {}) {
    const query = { provider, merchant, from: instant(from), to: instant(to), axis, rows: rows || undefined };
    return this.admin('GET', '/truth', undefined, { query, timeoutMs: ADVANCE_TIMEOUT_MS });
  }

  /** Compares imported rows (`id`, `amount` and more) with the truth; `findings` says what differs. */
  async reconcile(provider, merchant, from, to, rows, { axis } = {}) {
    const body = { provider, merchant, from: instant(from), to: instant(to), axis, rows };
    return this.admin('POST', '/reconcile', body, { timeoutMs: ADVANCE_TIMEOUT_MS });
  }

  /** Back to the scenario as it was loaded. */
  async reset() {
    await this.admin('POST', '/reset');
  }

  /** Ends the space and all that is in it. The default space is emptied instead. */
  async drop() {
    if (this.name === '') {
      await this.reset();
      return;
    }
    // By way of the default space, because the space itself is what goes.
    const server = new Connection(this.root, this.#connection.token);
    try {
      await server.call('DELETE', `/_admin/spaces/${this.name}`);
    } catch (error) {
      if (!(error instanceof ProblemError && error.status === 404)) throw error;
    }
  }

  async [Symbol.asyncDispose]() {
    await this.drop();
  }
}

/** A server, and the space of its URL: the default one unless it ends with `/@name`. */
class Sandtill extends Space {
  #process;
  #token;

  /** Use `start` or `connect`. */
  constructor(connection, health, credentials, process) {
    // `sandtill certify` and shared servers hand out the URL of a space.
    super(connection, decodeURIComponent(SPACE_PATH.exec(connection.url)?.[1] ?? ''), credentials);
    this.#process = process;
    this.#token = connection.token;
    this.version = health.version;
  }

  /** Starts a server of its own, on a free port unless `listen` says another one. */
  static async start({ scenario, seed, listen = '127.0.0.1:0', arguments: more = [], readyTimeoutMs } = {}) {
    const flags = ['--listen', listen];
    if (scenario !== undefined) flags.push('--scenario', String(scenario));
    if (seed !== undefined) flags.push('--seed', String(seed));
    const server = await Server.start([...flags, ...more], { readyTimeoutMs });
    try {
      return await open(server.url, undefined, server);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Uses a server that runs already: at `url`, or at `SANDTILL_URL`. */
  static async connect(url = process.env.SANDTILL_URL, { token } = {}) {
    if (!url) throw new StartError('no server was named; pass its URL, or set SANDTILL_URL');
    return open(url, token);
  }

  /** A space of that name, or a new one of its own name. With a scenario it must not exist yet. */
  async space(name, { scenario } = {}) {
    const made = name ?? ownName();
    try {
      await this.admin('POST', '/spaces', { name: made, scenario });
    } catch (error) {
      // A space that is there already is the one that was asked for.
      const isThere = error instanceof ProblemError && error.status === 409;
      if (!isThere || name === undefined || scenario !== undefined) throw error;
    }
    return opened(new Connection(this.root, this.#token), made);
  }

  /** Whether `start` has started the server, so that it ends with this process. */
  get isOurs() {
    return this.#process !== undefined;
  }

  /** Process id of the server, if it is ours. */
  get pid() {
    return this.#process?.pid;
  }

  /** Stops the server if `start` started it. */
  async stop() {
    await this.#process?.stop();
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
  }
}

/** A name for a space that nobody has named. */
function ownName() {
  return `js-${randomUUID().replaceAll('-', '').slice(0, 12)}`;
}

/** The space of that name on the server at `root`. */
async function opened(root, name) {
  const connection = new Connection(`${root.url}/@${encodeURIComponent(name)}`, root.token);
  return new Space(connection, name, await connection.call('GET', '/_admin/credentials'));
}

async function open(url, token, process_) {
  const connection = new Connection(url, token ?? (process.env.SANDTILL_ADMIN_TOKEN || undefined));
  const health = await connection.call('GET', '/_admin/health');
  checkVersion(connection, health);
  const credentials = await connection.call('GET', '/_admin/credentials');
  return new Sandtill(connection, health, credentials, process_);
}

function checkVersion(connection, health) {
  const theirs = health?.version;
  if (typeof theirs !== 'string') throw connection.notSandtill('its health has no version');
  if (series(theirs) === series(version)) return;
  throw new StartError(
    `the server at ${connection.url} is Sandtill ${theirs}, and this client knows ${version}; install the client ` +
      `that fits with \`npm install -D sandtill@${series(theirs)}\`, or start a server of version ${version}`,
  );
}

module.exports = { Sandtill, Space };
