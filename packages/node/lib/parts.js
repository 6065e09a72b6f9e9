'use strict';
// What a space consists of: its providers, clock, faults and journal.
const { SandtillError, WaitTimeout } = require('./errors.js');
const { TIMEOUT_MS } = require('./http.js');

/** Milliseconds until a move of the clock is given up: receivers of callbacks may be slow. */
const ADVANCE_TIMEOUT_MS = 600_000;

/** RFC 3339 of a Date; a text stays as it is. */
const instant = (at) => (at instanceof Date ? at.toISOString() : at);

/** One of the five providers in one space. */
class Provider {
  #space;
  #credentials;

  constructor(space, name, credentials = []) {
    this.#space = space;
    this.#credentials = credentials;
    this.name = name;
  }

  /** The base URL to give to a client of this provider, without a slash at the end. */
  get url() {
    return this.#space.url;
  }

  /** The credentials of the provider's home merchant: the first that the scenario has. */
  get credentials() {
    return this.credentialsOf();
  }

  /** The name of the home merchant, whose credentials are `credentials`. */
  get merchant() {
    return this.#found().merchant;
  }

  /** The credentials of a merchant at this provider, such as those of `everywhere`. */
  credentialsOf(merchant) {
    const { merchant: _, ...credentials } = this.#found(merchant);
    return credentials;
  }

  #found(merchant) {
    const all = this.#credentials;
    if (all.length === 0) throw new SandtillError(`the scenario in force has no merchant at ${this.name}`);
    const found = merchant === undefined ? all[0] : all.find((it) => it.merchant === merchant);
    if (found) return found;
    const names = [...new Set(all.map((it) => it.merchant))].join(', ');
    throw new SandtillError(`merchant \`${merchant}\` does not sell through ${this.name}; there are ${names}`);
  }
}

/** The clock of a space. All times of the sandbox follow from it. */
class Clock {
  #space;

  constructor(space) {
    this.#space = space;
  }

  /** What the clock shows. */
  async now() {
    return new Date((await this.#space.admin('GET', '/clock')).now);
  }

  /** What will fall due if nothing is done until then, the next thing first; within eight days unless said. */
  async due(to) {
    return (await this.#space.admin('GET', '/clock/due', undefined, { query: { to: instant(to) } })).due;
  }

  /** Stops the clock, at an instant if one is given, without delivering what lies between. */
  async freeze(at) {
    return new Date((await this.#space.admin('PUT', '/clock', { mode: 'frozen', now: instant(at) })).now);
  }

  /** Lets the clock run, from an instant on if one is given. */
  async run(at) {
    return new Date((await this.#space.admin('PUT', '/clock', { mode: 'running', now: instant(at) })).now);
  }

  /** Moves the clock forward and does all that falls due on the way: by `'36h'`, or `{ by }`, `{ to }`, `{ until }`. */
  async advance(by) {
    const { by: length, to, until } = typeof by === 'object' && by !== null ? by : { by };
    const body = { by: length, to: instant(to), until };
    if (Object.values(body).filter((it) => it !== undefined).length !== 1) {
      throw new SandtillError('advance takes one of `by`, `to` and `until`');
    }
    return this.#space.admin('POST', '/clock/advance', body, { timeoutMs: ADVANCE_TIMEOUT_MS });
  }
}

/** What shall go wrong in a space. */
class Faults {
  #space;

  constructor(space) {
    this.#space = space;
  }

  /** Adds a rule. `every`, `probability` and `when` belong to the rule; all other names are members of the fault. */
  async add(provider, kind, { operation, after, times, every, probability, when, ...rest } = {}) {
    const rule = { provider, operation, after, times, every, probability, when };
    return this.#space.admin('POST', '/faults', { ...rule, fault: { kind, ...rest } });
  }

  /** The rules in force, with how often they struck. */
  async list() {
    return (await this.#space.admin('GET', '/faults')).faults;
  }

  /** Takes one rule back. */
  async remove(fault) {
    await this.#space.admin('DELETE', `/faults/${idOf(fault)}`);
  }

  /** Takes all rules back. */
  async clear() {
    await this.#space.admin('DELETE', '/faults');
  }
}

/** What was asked in a space, and how it was answered. */
class Journal {
  #space;

  constructor(space) {
    this.#space = space;
  }

  /** Entries, newest first. */
  async entries(filters = {}) {
    return (await this.#space.admin('GET', '/journal', undefined, { query: filters })).entries;
  }

  /** One entry with request, answer and explanation. */
  async entry(id) {
    return this.#space.admin('GET', `/journal/${id}`);
  }

  /** The refused requests, newest first, each with `reason` and `likely_mistake`. */
  async refused(filters = {}) {
    return this.entries({ ...filters, outcome: 'refused' });
  }

  /** Waits until so many matching requests were answered; `timeout` is in seconds of real time. */
  async wait({ atLeast, quietMs, timeout = 5, ...conditions } = {}) {
    const body = { ...conditions, quiet_ms: quietMs, timeout_ms: Math.round(timeout * 1000) };
    body.at_least = atLeast ?? (conditions.exactly === undefined ? 1 : undefined);
    const timeoutMs = body.timeout_ms + (quietMs ?? 0) + TIMEOUT_MS;
    const result = await this.#space.admin('POST', '/journal/wait', body, { timeoutMs });
    if (!result.matched) throw new WaitTimeout(unmet(result, timeout), result);
    return result.entries;
  }

  /** Forgets all requests. */
  async clear() {
    await this.#space.admin('DELETE', '/journal');
  }
}

function idOf(thing) {
  return typeof thing === 'object' && thing !== null ? thing.id : thing;
}

function unmet(result, timeout) {
  const { closest } = result;
  const text = `${result.why} within ${timeout} s`;
  if (!closest) return text;
  const { id, method, target } = closest.entry;
  return `${text}; the most similar request is ${id} (${method} ${target}), but ${closest.because.join(', ')}`;
}

module.exports = { ADVANCE_TIMEOUT_MS, Clock, Faults, Journal, Provider, idOf, instant };
