'use strict';
// What can go wrong, each told in one sentence that says what to do.

/** Base of all errors of this package. */
class SandtillError extends Error {
  constructor(message) {
    super(message);
    this.name = new.target.name;
  }
}

/** No server could be started, or none answers. */
class StartError extends SandtillError {}

/** The admin API refused a call: `status`, the server's sentence as `detail`, the whole `problem` (RFC 9457). */
class ProblemError extends SandtillError {
  constructor(message, status, problem) {
    super(message);
    this.status = status;
    this.problem = problem;
    this.detail = String(problem.detail ?? '');
  }
}

/** The expected requests did not arrive in time; `result` has the most similar one under `closest`. */
class WaitTimeout extends SandtillError {
  constructor(message, result) {
    super(message);
    this.result = result;
  }
}

module.exports = { SandtillError, StartError, ProblemError, WaitTimeout };
