'use strict';
// Finds the binary that the package of this platform has brought.
const { accessSync, constants, statSync } = require('node:fs');
const { StartError } = require('./errors.js');

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The path of the server's binary: `SANDTILL_BINARY`, or that of the package of this platform. */
function findBinary(platform = `${process.platform}-${process.arch}`) {
  const override = process.env.SANDTILL_BINARY;
  if (override) {
    if (isProgram(override)) return override;
    throw new StartError(
      `SANDTILL_BINARY is ${override}, which is no program; set it to the path of the sandtill binary, or unset it`,
    );
  }
  const file = platform.startsWith('win32') ? 'sandtill.exe' : 'sandtill';
  try {
    return require.resolve(`@sandtill/${platform}/bin/${file}`);
  } catch {
    throw new StartError(
      `there is no sandtill binary for ${platform} in node_modules; install again without --omit=optional ` +
        '(and without a lock file that was made on another platform), or set SANDTILL_BINARY to one built with ' +
        '`cargo install sandtill`',
    );
  }
}

module.exports = { findBinary };
