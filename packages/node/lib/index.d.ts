// Types of the client. Objects of the admin API are open: a newer server may send more members.

/** RFC 3339 text, or a Date. */
export type Instant = string | Date;
export type ProviderName = 'payfort' | 'flitt' | 'begateway' | 'epicpay' | 'wepay';

/** A payment or what became of it. Amounts are integers in minor units. */
export interface Transaction {
  id: number;
  merchant: string;
  kind: string;
  status: string;
  method: string;
  amount: number;
  currency: string;
  fee: number | null;
  created_at: string;
  settled_at: string | null;
  parent: number | null;
  order: string | null;
  [member: string]: unknown;
}

/** A request to a provider and how it was answered. */
export interface JournalEntry {
  id: number;
  at: string;
  provider: string;
  operation: string;
  merchant: string | null;
  outcome: 'answered' | 'refused' | 'faulted';
  status: number;
  reason: string | null;
  /** What the client most likely did wrong, if the server can tell. */
  likely_mistake?: string | null;
  method: string;
  target: string;
  [member: string]: unknown;
}

/** What is transferred to the bank account of a merchant. Amounts are integers in minor units. */
export interface Deposit {
  id: number;
  merchant: string;
  currency: string;
  status: 'on_the_way' | 'paid' | 'failed' | 'returned' | 'owed';
  amount: number;
  initiated_at: string | null;
  /** `null` if it failed or came back. */
  effective_at: string | null;
  [member: string]: unknown;
}

export interface Deposits {
  /** Deposits, newest first. */
  list(filters?: {
    merchant?: string;
    currency?: string;
    status?: Deposit['status'];
    from?: Instant;
    to?: Instant;
    limit?: number;
  }): Promise<Deposit[]>;
  /** Has the transfer fail; the money comes with a later deposit. */
  fail(deposit: Deposit | number): Promise<Deposit>;
  /** Has the bank send it back; the money comes with a later deposit. */
  return(deposit: Deposit | number): Promise<Deposit>;
  /** Has it be late by a length of time such as `'2d'`. */
  delay(deposit: Deposit | number, by: string): Promise<Deposit>;
}

/** How far the reports of a provider are behind the ledger. */
export interface Lag {
  /** Everything is told as it was this long ago: `'2h'`. */
  lag?: string;
  /** Each row shows up later by a length of its own, at most this one. */
  jitter?: string;
  /** New rows show once a day at this wall time: `'06:00 Europe/London'`. */
  daily?: string | null;
  /** Days of creation (UTC) whose rows are missing. */
  missing?: string[];
  /** The instant from which on the missing days are there. */
  until?: Instant | null;
}

export interface Reporting {
  of(provider: ProviderName): Promise<Lag>;
  /** Replaces the lag as a whole; without any value the reports tell everything at once. */
  set(provider: ProviderName, lag?: Lag): Promise<Lag>;
}

/** Something that was done in a space, or happened there. */
export interface HistoryEvent {
  id: number;
  at: string;
  kind: string;
  details: Record<string, unknown>;
  [member: string]: unknown;
}

export interface History {
  /** The number of the newest event. */
  last(): Promise<number>;
  /** The events behind the one with that number, oldest first. */
  events(range?: { since?: number; limit?: number }): Promise<HistoryEvent[]>;
  /** Makes the space what it was behind the event with that number, earlier or later. */
  rewind(to: number): Promise<void>;
}

/** Something that will fall due. */
export interface Due {
  at: string;
  what: string;
  kind: string;
  id: number | null;
}

/** A fault rule. */
export interface Fault {
  id: number;
  provider: string;
  [member: string]: unknown;
}

/** What happened while the clock was moved forward. */
export interface Advance {
  now: string;
  happened: Array<Record<string, unknown>>;
}

/** How an import differs from the truth. */
export interface Reconciliation {
  findings: Array<{ kind: string; id: string | number; [member: string]: unknown }>;
  [member: string]: unknown;
}

export interface Provider {
  readonly name: ProviderName;
  /** The base URL to give to a client of this provider, without a slash at the end. */
  readonly url: string;
  /** The credentials of the provider's home merchant, read when the space was opened. */
  readonly credentials: Record<string, string>;
  /** The name of the home merchant. */
  readonly merchant: string;
  /** The credentials of a merchant at this provider, such as those of `everywhere`. */
  credentialsOf(merchant?: string): Record<string, string>;
}

export interface Clock {
  /** What the clock shows. */
  now(): Promise<Date>;
  /** What will fall due if nothing is done until then, the next thing first; within eight days unless said. */
  due(to?: Instant): Promise<Due[]>;
  /** Stops the clock, at an instant if one is given, without delivering what lies between. */
  freeze(at?: Instant): Promise<Date>;
  /** Lets the clock run, from an instant on if one is given. */
  run(at?: Instant): Promise<Date>;
  /** Moves the clock forward, such as by `'36h'`, and does all that falls due on the way, callbacks included.
   * `until` is `'next'` (the next thing due), `'settled:ID'`, `'deposit:ID'` or `'visible:ID'`. */
  advance(by: string | { by: string } | { to: Instant } | { until: string }): Promise<Advance>;
}

export interface FaultOptions {
  operation?: string;
  /** Skips the first so many matching requests. */
  after?: number;
  /** Strikes so often. */
  times?: number;
  every?: number;
  probability?: number;
  when?: Record<string, unknown>;
  /** Members of the fault itself. */
  [member: string]: unknown;
}

export interface Faults {
  add(provider: ProviderName, kind: string, options?: FaultOptions): Promise<Fault>;
  list(): Promise<Fault[]>;
  remove(fault: Fault | number): Promise<void>;
  clear(): Promise<void>;
}

export interface JournalFilters {
  provider?: ProviderName;
  operation?: string;
  outcome?: 'answered' | 'refused' | 'faulted';
  merchant?: string;
  since?: number;
  before?: number;
  limit?: number;
}

export interface WaitConditions {
  provider?: ProviderName;
  operation?: string;
  outcome?: 'answered' | 'refused' | 'faulted';
  merchant?: string;
  status?: number;
  /** Text that the body of the request contains. */
  contains?: string;
  since?: number;
  /** 1 unless said. */
  atLeast?: number;
  exactly?: number;
  /** Milliseconds without a further match. */
  quietMs?: number;
  /** Seconds of real time; 5 unless said. */
  timeout?: number;
}

export interface Journal {
  /** Entries, newest first. */
  entries(filters?: JournalFilters): Promise<JournalEntry[]>;
  /** One entry with request, answer and explanation. */
  entry(id: number): Promise<JournalEntry>;
  /** The refused requests, newest first. */
  refused(filters?: Omit<JournalFilters, 'outcome'>): Promise<JournalEntry[]>;
  /** Waits until so many matching requests were answered; rejects with `WaitTimeout`. */
  wait(conditions?: WaitConditions): Promise<JournalEntry[]>;
  clear(): Promise<void>;
}

export interface PayOptions {
  /** `everywhere` unless named; the home merchant of a provider is `sandtill.begateway.merchant`. */
  merchant?: string;
  at?: Instant;
  status?: string;
  kind?: string;
  method?: string;
  order?: string;
  [member: string]: unknown;
}

type Id = number | Transaction;
type At = { at?: Instant };
type Amount = number | { amount?: number; at?: Instant };

/** A world of its own: clock, journal, faults, reports, tokens and added transactions. */
export class Space {
  protected constructor();
  /** Empty for the default space. */
  readonly name: string;
  /** The base URL of the space, without a slash at the end. */
  readonly url: string;
  /** The base URL of the server. */
  readonly root: string;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly deposits: Deposits;
  readonly reporting: Reporting;
  readonly history: History;
  readonly payfort: Provider;
  readonly flitt: Provider;
  readonly begateway: Provider;
  readonly epicpay: Provider;
  readonly wepay: Provider;
  /** Adds a captured payment. `amount` is in minor units: 12345 USD is $123.45. */
  pay(amount: number, currency: string, options?: PayOptions): Promise<Transaction>;
  /** With `rows`, also its whole row as each provider prints it. */
  transaction(id: Id, options?: { rows?: boolean }): Promise<Transaction>;
  transactions(filters?: {
    merchant?: string;
    kind?: string;
    status?: string;
    method?: string;
    currency?: string;
    from?: Instant;
    to?: Instant;
    limit?: number;
  }): Promise<Transaction[]>;
  capture(id: Id, amount?: Amount, options?: At): Promise<Transaction>;
  refund(id: Id, amount?: Amount, options?: At): Promise<Transaction>;
  void(id: Id, options?: At): Promise<Transaction>;
  chargeback(id: Id, amount?: Amount, options?: At): Promise<Transaction>;
  settle(id: Id, options?: At): Promise<Transaction>;
  /** Ends the newest dispute about a payment: a won one returns the reversal, a lost one the chargeback. */
  dispute(id: Id, outcome: 'won' | 'lost', options?: At): Promise<Transaction>;
  /** Changes values without a word: reports tell the new ones, from `at` on. */
  amend(
    id: Id,
    values: { amount?: number; fee?: number; description?: string; settled_at?: Instant; at?: Instant },
  ): Promise<Transaction>;
  /** A new space that begins as a copy of this one, as it was behind the event `at` if one is given. */
  fork(name?: string, options?: { at?: number }): Promise<Space>;
  /** What a right import of that range must hold now. `to` is exclusive, a bare date a whole UTC day. */
  truth(
    provider: ProviderName,
    merchant: string,
    from: Instant,
    to: Instant,
    options?: { axis?: 'created' | 'paid' | 'settled'; rows?: boolean },
  ): Promise<Record<string, unknown>>;
  /** Compares imported rows with the truth. */
  reconcile(
    provider: ProviderName,
    merchant: string,
    from: Instant,
    to: Instant,
    rows: Array<Record<string, unknown>>,
    options?: { axis?: 'created' | 'paid' | 'settled' },
  ): Promise<Reconciliation>;
  /** Back to the scenario as it was loaded. */
  reset(): Promise<void>;
  /** Ends the space and all that is in it. The default space is emptied instead. */
  drop(): Promise<void>;
  /** Any call of the admin API, by its path below `/_admin`. */
  admin(
    method: string,
    path: string,
    body?: unknown,
    options?: { query?: Record<string, unknown>; timeoutMs?: number },
  ): Promise<any>;
}

export interface StartOptions {
  /** A built-in name or a file; `SANDTILL_SCENARIO` or `default` unless said. */
  scenario?: string;
  seed?: number;
  /** Address and port; a free port of 127.0.0.1 unless said. */
  listen?: string;
  /** Further flags of `sandtill serve`. */
  arguments?: string[];
  /** Milliseconds within which the server has to be ready; 30000 unless said. */
  readyTimeoutMs?: number;
}

/** A server, and the space of its URL: the default one unless it ends with `/@name`. */
export class Sandtill extends Space {
  private constructor();
  /** Starts a server of its own. It ends with `stop`, at the latest with this process. */
  static start(options?: StartOptions): Promise<Sandtill>;
  /** Uses a server that runs already: at `url`, or at `SANDTILL_URL`. */
  static connect(url?: string, options?: { token?: string }): Promise<Sandtill>;
  readonly version: string;
  /** Whether `start` has started the server. */
  readonly isOurs: boolean;
  /** Process id of the server, if it is ours. */
  readonly pid: number | undefined;
  /** A space of that name, or a new one of its own name. With a scenario it must not exist yet. */
  space(name?: string, options?: { scenario?: string }): Promise<Space>;
  /** Stops the server if `start` started it. */
  stop(): Promise<void>;
}

/** Base of all errors of this package. */
export class SandtillError extends Error {}
/** No server could be started, or none answers. */
export class StartError extends SandtillError {}
/** The admin API refused a call. */
export class ProblemError extends SandtillError {
  readonly status: number;
  /** The server's sentence. */
  readonly detail: string;
  /** The whole problem document (RFC 9457). */
  readonly problem: Record<string, unknown>;
}
/** The expected requests did not arrive in time. */
export class WaitTimeout extends SandtillError {
  /** The server's answer, with the most similar request under `closest`. */
  readonly result: Record<string, unknown>;
}

/** The path of the server's binary. */
export function findBinary(platform?: string): string;
/** The version of this package. */
export const version: string;
