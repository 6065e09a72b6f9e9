#!/usr/bin/env node
'use strict';
// Runs the binary of this platform with the same arguments: `npx sandtill`.
const { spawn } = require('node:child_process');
const { constants } = require('node:os');
const { findBinary } = require('../lib/binary.js');

let binary;
try {
  binary = findBinary();
} catch (error) {
  console.error(`sandtill: ${error.message}`);
  process.exit(2);
}
const child = spawn(binary, process.argv.slice(2), { stdio: 'inherit' });
// The terminal sends Ctrl-C to both; the server ends in its own time, and we with it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => {
  console.error(`sandtill: ${binary} cannot be run (${error.code}); reinstall the package for this platform`);
  process.exit(2);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
