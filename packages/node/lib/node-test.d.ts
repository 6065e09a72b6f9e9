// Types of `sandtill/node-test`.
import type { Space } from './index.js';

/** What is used of node:test's context. */
interface TestContext {
  after(done: () => Promise<void>): void;
  diagnostic(message: string): void;
}

/**
 * A space of its own for a test, which is dropped afterwards. A test that fails says which requests were refused,
 * and why.
 */
export function sandtill(t: TestContext, options?: { scenario?: string }): Promise<Space>;
