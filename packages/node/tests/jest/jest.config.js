'use strict';
// What a project writes, and no more.
module.exports = { globalSetup: 'sandtill/jest', globalTeardown: 'sandtill/jest-teardown' };
