"""What can go wrong, each told in one sentence that says what to do."""

from __future__ import annotations

from typing import Any


class SandtillError(Exception):
    """Base of all errors of this package."""


class StartError(SandtillError):
    """No server could be started, or none answers."""


class ProblemError(SandtillError):
    """The admin API refused a call.

    ``status`` is the HTTP status, ``detail`` the server's sentence, ``problem`` the whole problem document
    (RFC 9457).
    """

    def __init__(self, message: str, status: int, problem: dict[str, Any]) -> None:
        super().__init__(message)
        self.status = status
        self.problem = problem
        self.detail = str(problem.get("detail", ""))


class WaitTimeout(SandtillError, TimeoutError):
    """The expected requests did not arrive in time.

    ``result`` is the server's answer, with the most similar request under ``closest``.
    """

    def __init__(self, message: str, result: dict[str, Any]) -> None:
        super().__init__(message)
        self.result = result
