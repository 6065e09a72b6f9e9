// Types of `sandtill/vitest`, `sandtill/jest` and `sandtill/jest-teardown`: files that a configuration names.

/** Starts a server and sets SANDTILL_URL. */
export function setup(): Promise<void>;
/** Stops that server. */
export function teardown(): Promise<void>;
