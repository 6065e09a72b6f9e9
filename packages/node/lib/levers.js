'use strict';
// What makes an import hard in a space: deposits that fail, reports that lag, and the way back in its history.
const { idOf, instant } = require('./parts.js');

/** The deposits of a space: what is transferred to the merchants' bank accounts. */
class Deposits {
  #space;

  constructor(space) {
    this.#space = space;
  }

  /** Deposits, newest first. */
  async list({ from, to, ...filters } = {}) {
    const query = { ...filters, from: instant(from), to: instant(to) };
    return (await this.#space.admin('GET', '/deposits', undefined, { query })).deposits;
  }

  /** Has the transfer fail; the money comes with a later deposit. */
  async fail(deposit) {
    return this.#space.admin('POST', `/deposits/${idOf(deposit)}/fail`, {});
  }

  /** Has the bank send it back; the money comes with a later deposit. */
  async return(deposit) {
    return this.#space.admin('POST', `/deposits/${idOf(deposit)}/return`, {});
  }

  /** Has it be late by a length of time such as `'2d'`. */
  async delay(deposit, by) {
    return this.#space.admin('POST', `/deposits/${idOf(deposit)}/delay`, { by });
  }
}

/** How far the reports of the providers are behind the ledger of a space. */
class Reporting {
  #space;

  constructor(space) {
    this.#space = space;
  }

  /** The lag of a provider's reports. */
  async of(provider) {
    return this.#space.admin('GET', `/reporting/${provider}`);
  }

  /** Replaces the lag of a provider's reports as a whole; without any value they tell everything at once. */
  async set(provider, { until, ...lag } = {}) {
    return this.#space.admin('PUT', `/reporting/${provider}`, { ...lag, until: instant(until) });
  }
}

/** Everything that was done in a space, in order, and the way back. */
class History {
  #space;

  constructor(space) {
    this.#space = space;
  }

  /** The number of the newest event. */
  async last() {
    return (await this.#space.admin('GET', '/history', undefined, { query: { limit: 1 } })).last;
  }

  /** The events behind the one with that number, oldest first. */
  async events({ since = 0, limit = 1000 } = {}) {
    return (await this.#space.admin('GET', '/history', undefined, { query: { since, limit } })).events;
  }

  /** Makes the space what it was behind the event with that number, earlier or later. */
  async rewind(to) {
    await this.#space.admin('POST', '/history/rewind', { to });
  }
}

module.exports = { Deposits, History, Reporting };
