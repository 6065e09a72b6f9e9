'use strict';
// The version of this package, which is also that of the binary that comes with it.
const { version } = require('../package.json');

/** The part of a version within which the admin API stays the same: major, and minor below 1.0. */
function series(text) {
  const [major, minor] = text.split('.');
  return major === '0' ? `${major}.${minor}` : major;
}

module.exports = { version, series };
