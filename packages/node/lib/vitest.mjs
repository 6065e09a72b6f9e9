// `globalSetup` of vitest.
import shared from './setup.js';

export const { setup, teardown } = shared;
