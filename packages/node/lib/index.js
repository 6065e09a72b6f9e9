'use strict';
// Sandtill for Node: starts or finds a server, and speaks to its admin API.
const { findBinary } = require('./binary.js');
const { Sandtill, Space } = require('./client.js');
const { ProblemError, SandtillError, StartError, WaitTimeout } = require('./errors.js');
const { version } = require('./version.js');

module.exports = { Sandtill, Space, SandtillError, StartError, ProblemError, WaitTimeout, findBinary, version };
