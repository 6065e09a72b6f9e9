"""Calls of the admin API, with the standard library alone."""

from __future__ import annotations

import json
import ssl
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ._errors import ProblemError, SandtillError, StartError
from ._records import Record

#: Seconds until a call that does not wait for anything is given up.
TIMEOUT = 60.0


class Connection:
    """Where the admin API of one space is, and the token for it.

    Every call has a connection of its own, so that threads can share this object. Proxies of the environment
    are not used: the server is on this machine or on a network of the tests.
    """

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url.rstrip("/")
        self.token = token
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise StartError(
                f"`{url}` is no base URL of a server; it looks like http://127.0.0.1:8080"
            )
        try:
            port = parts.port
        except ValueError:
            raise StartError(
                f"`{url}` has no valid port; a base URL looks like http://127.0.0.1:8080"
            ) from None
        self._secure = parts.scheme == "https"
        self._address = (parts.hostname, port)
        self._prefix = parts.path

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: dict[str, Any] | None = None,
        timeout: float = TIMEOUT,
    ) -> Any:
        """Sends a call and returns its JSON, or ``None`` for an answer without a body."""
        text = self._send(method, path, body, query, timeout)
        if not text:
            return None
        try:
            return json.loads(text, object_hook=Record)
        except ValueError:
            raise StartError(
                f"what answers at {self.url} is not Sandtill (no JSON came from {path}); check the address and the port"
            ) from None

    def _send(
        self, method: str, path: str, body: Any, query: dict[str, Any] | None, timeout: float
    ) -> bytes:
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        payload = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            payload = json.dumps(body).encode()
        given = {name: _word(value) for name, value in (query or {}).items() if value is not None}
        target = self._prefix + quote(path, safe="/") + (f"?{urlencode(given)}" if given else "")
        connection = self._connection(timeout)
        try:
            connection.request(method, target, payload, headers)
            answer = connection.getresponse()
            content = answer.read()
        except TimeoutError:
            raise SandtillError(
                f"{method} {path} had no answer after {timeout:g} s; see in the server's log what it waits for"
            ) from None
        except (OSError, HTTPException) as error:
            raise StartError(
                f"no Sandtill answers at {self.url} ({_reason(error)}); start one with `sandtill`, or correct the URL"
            ) from None
        finally:
            connection.close()
        if answer.status >= 300:
            raise self._refusal(method, path, answer, content)
        return content

    def _connection(self, timeout: float) -> HTTPConnection:
        host, port = self._address
        if self._secure:
            context = ssl.create_default_context()
            return HTTPSConnection(host, port, timeout=timeout, context=context)
        return HTTPConnection(host, port, timeout=timeout)

    def _refusal(
        self, method: str, path: str, answer: HTTPResponse, content: bytes
    ) -> SandtillError:
        status = answer.status
        if "problem+json" not in (answer.getheader("Content-Type") or ""):
            return StartError(
                f"what answers at {self.url} is not Sandtill (HTTP {status} from {path}); check the address and the port"
            )
        try:
            problem = json.loads(content)
        except ValueError:
            problem = {}
        if status in (401, 403):
            sent = (
                "the token is another one than the server's" if self.token else "no token was sent"
            )
            message = (
                f"the server at {self.url} wants its admin token and {sent}; pass token=…, or set "
                "SANDTILL_ADMIN_TOKEN to the value of its --admin-token"
            )
            if status == 403:
                message = f"the server at {self.url} refuses: {problem.get('detail', 'HTTP 403')}"
            return ProblemError(message, status, problem)
        detail = problem.get("detail", f"HTTP {status}")
        return ProblemError(f"{method} {path} was refused: {detail}", status, problem)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
