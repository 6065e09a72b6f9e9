'use strict';
// `globalSetup` of jest. Its jsdom and node environments find the server at process.env.SANDTILL_URL.
module.exports = require('./setup.js').setup;
