'use strict';
// `globalTeardown` of jest.
module.exports = require('./setup.js').teardown;
