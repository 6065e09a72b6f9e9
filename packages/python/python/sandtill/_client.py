"""The client: a server, its spaces, and what can be done in them."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, TypeVar
from urllib.parse import quote, unquote

from ._errors import ProblemError, StartError
from ._http import TIMEOUT, Connection
from ._levers import Deposits, History, Reporting
from ._parts import ADVANCE_TIMEOUT, Clock, Faults, Journal, Provider, given
from ._records import Record, Transaction
from ._server import Server
from ._time import Instant, instant_text
from ._version import VERSION, series

#: The merchant of `Space.pay` unless one is named: it sells in USD through all five providers.
DEFAULT_MERCHANT = "everywhere"

#: The end of the URL of a space.
SPACE_PATH = re.compile(r"/@([^/]+)$")

AnySpace = TypeVar("AnySpace", bound="Space")


class Space:
    """A world of its own: clock, journal, faults, reports, tokens and added transactions."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        #: The name of the space; empty for the default one.
        self.name = name
        self.clock = Clock(self)
        self.faults = Faults(self)
        self.journal = Journal(self)
        self.deposits = Deposits(self)
        self.reporting = Reporting(self)
        self.history = History(self)
        self.payfort = Provider(self, "payfort")
        self.flitt = Provider(self, "flitt")
        self.begateway = Provider(self, "begateway")
        self.epicpay = Provider(self, "epicpay")
        self.wepay = Provider(self, "wepay")

    @property
    def url(self) -> str:
        """The base URL of the space, without a slash at the end."""
        return self._connection.url

    @property
    def root(self) -> str:
        """The base URL of the server, which is that of its default space."""
        return SPACE_PATH.sub("", self.url)

    def admin(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, Any] | None = None,
        timeout: float = TIMEOUT,
    ) -> Any:
        """Any call of the admin API, by its path below ``/_admin``."""
        return self._connection.call(method, f"/_admin{path}", body, query, timeout)

    def pay(
        self,
        amount: int,
        currency: str,
        *,
        merchant: str = DEFAULT_MERCHANT,
        at: Instant | None = None,
        **rest: Any,
    ) -> Transaction:
        """Adds a captured payment. ``amount`` is in minor units: 12345 USD is $123.45.

        Further members of a transaction (``status``, ``kind``, ``method``, ``card``, ``customer``, ``order``)
        can be given by name. The merchant is ``everywhere`` unless named; the home merchant of a provider is
        ``sandtill.begateway.merchant``.
        """
        body = {"merchant": merchant, "amount": amount, "currency": currency, **rest}
        if at is not None:
            body["at"] = instant_text(at)
        return Transaction(self.admin("POST", "/transactions", body))

    def transaction(self, id: int | Transaction, *, rows: bool = False) -> Transaction:
        """One transaction as it stands now; with ``rows``, also its whole row as each provider prints it."""
        query = given(rows=rows or None)
        return Transaction(self.admin("GET", f"/transactions/{_id(id)}", query=query))

    def transactions(self, **filters: Any) -> Sequence[Transaction]:
        """Transactions, newest first. Filters: merchant, kind, status, method, currency, from_, to, limit."""
        if "from_" in filters:
            filters["from"] = filters.pop("from_")
        filters = {k: instant_text(v) if k in ("from", "to") else v for k, v in filters.items()}
        found = self.admin("GET", "/transactions", query=filters)
        return [Transaction(it) for it in found["transactions"]]

    def capture(
        self, id: int | Transaction, amount: int | None = None, at: Instant | None = None
    ) -> Transaction:
        """Takes reserved money, all of it without an amount."""
        return self._act(id, "capture", amount, at)

    def refund(
        self, id: int | Transaction, amount: int | None = None, at: Instant | None = None
    ) -> Transaction:
        """Gives money back, all of it without an amount."""
        return self._act(id, "refund", amount, at)

    def void(self, id: int | Transaction, at: Instant | None = None) -> Transaction:
        """Releases reserved money."""
        return self._act(id, "void", None, at)

    def chargeback(
        self, id: int | Transaction, amount: int | None = None, at: Instant | None = None
    ) -> Transaction:
        """Has money forced back, all of it without an amount."""
        return self._act(id, "chargeback", amount, at)

    def settle(self, id: int | Transaction, at: Instant | None = None) -> Transaction:
        """Has the money of a payment arrive."""
        return self._act(id, "settle", None, at)

    def dispute(
        self, id: int | Transaction, outcome: Literal["won", "lost"], at: Instant | None = None
    ) -> Transaction:
        """Ends the newest dispute about a payment, or that about a chargeback.

        One that is won brings the money back as a row of its own, which is returned; one that is lost returns
        the chargeback.
        """
        body = given(outcome=outcome, at=None if at is None else instant_text(at))
        return Transaction(self.admin("POST", f"/transactions/{_id(id)}/dispute", body))

    def amend(
        self,
        id: int | Transaction,
        *,
        amount: int | None = None,
        fee: int | None = None,
        description: str | None = None,
        settled_at: Instant | None = None,
        at: Instant | None = None,
    ) -> Transaction:
        """Changes values of a transaction without a word: reports tell the new ones, from ``at`` on.

        A deposit that was paid stays as it is; the difference is a line of the next one.
        """
        body = given(
            amount=amount,
            fee=fee,
            description=description,
            settled_at=None if settled_at is None else instant_text(settled_at),
            at=None if at is None else instant_text(at),
        )
        return Transaction(self.admin("POST", f"/transactions/{_id(id)}/amend", body))

    def fork(self, name: str | None = None, *, at: int | None = None) -> Space:
        """A new space that begins as a copy of this one, as it was behind the event ``at`` if one is given."""
        made = name or f"py-{uuid.uuid4().hex[:12]}"
        server = Connection(self.root, self._connection.token)
        server.call("POST", "/_admin/spaces", given(name=made, fork=self.name, at=at))
        return Space(Connection(f"{self.root}/@{quote(made, safe='')}", server.token), made)

    def _act(
        self, id: int | Transaction, action: str, amount: int | None, at: Instant | None
    ) -> Transaction:
        body = given(amount=amount, at=None if at is None else instant_text(at))
        return Transaction(self.admin("POST", f"/transactions/{_id(id)}/{action}", body))

    def truth(
        self,
        provider: str,
        merchant: str,
        from_: Instant,
        to: Instant,
        *,
        axis: str | None = None,
        rows: bool = False,
    ) -> Record:
        """What a right import of that range must hold now. ``to`` is exclusive, a bare date a whole UTC day."""
        query = given(provider=provider, merchant=merchant, axis=axis, rows=rows or None)
        query.update({"from": instant_text(from_), "to": instant_text(to)})
        return Record(self.admin("GET", "/truth", query=query, timeout=ADVANCE_TIMEOUT))

    def reconcile(
        self,
        provider: str,
        merchant: str,
        from_: Instant,
        to: Instant,
        rows: Iterable[Mapping[str, Any]],
        *,
        axis: str | None = None,
    ) -> Record:
        """Compares imported rows (``id``, ``amount`` and more) with the truth; ``findings`` says what differs."""
        body = given(provider=provider, merchant=merchant, axis=axis)
        body.update({"from": instant_text(from_), "to": instant_text(to)})
        body["rows"] = [dict(row) for row in rows]
        return Record(self.admin("POST", "/reconcile", body, timeout=ADVANCE_TIMEOUT))

    def reset(self) -> None:
        """Back to the scenario as it was loaded."""
        self.admin("POST", "/reset")

    def drop(self) -> None:
        """Ends the space and all that is in it. The default space is emptied instead."""
        if not self.name:
            self.reset()
            return
        try:
            # By way of the default space, because the space itself is what goes.
            server = Connection(self.root, self._connection.token)
            server.call("DELETE", f"/_admin/spaces/{self.name}")
        except ProblemError as error:
            if error.status != 404:
                raise

    def __enter__(self: AnySpace) -> AnySpace:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.drop()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}>"


class Sandtill(Space):
    """A server, and the space of its URL: the default one unless it ends with ``/@name``."""

    def __init__(self, url: str, token: str | None = None, process: Server | None = None) -> None:
        if token is None:
            token = os.environ.get("SANDTILL_ADMIN_TOKEN") or None
        # `sandtill certify` and shared servers hand out the URL of a space.
        connection = Connection(url, token)
        space = SPACE_PATH.search(connection.url)
        super().__init__(connection, unquote(space[1]) if space else "")
        self._process = process
        #: The version of the server.
        self.version = self._check_version()

    @classmethod
    def start(
        cls,
        scenario: str | os.PathLike[str] | None = None,
        seed: int | None = None,
        *,
        listen: str = "127.0.0.1:0",
        arguments: Sequence[str] = (),
    ) -> Sandtill:
        """Starts a server of its own, on a free port unless ``listen`` says another one.

        ``scenario`` is a built-in name or a file; ``arguments`` are further flags of ``sandtill serve``. Other
        settings come from the environment (``SANDTILL_…``). The server ends with `stop`, with the ``with``
        block, at the latest with the interpreter.
        """
        flags = ["--listen", listen]
        if scenario is not None:
            flags += ["--scenario", os.fspath(scenario)]
        if seed is not None:
            flags += ["--seed", str(seed)]
        process = Server([*flags, *arguments])
        try:
            host = listen.rpartition(":")[0]
            host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]", "": "127.0.0.1"}.get(host, host)
            return cls(f"http://{host}:{process.port}", process=process)
        except BaseException:
            process.stop()
            raise

    @classmethod
    def connect(cls, url: str | None = None, token: str | None = None) -> Sandtill:
        """Uses a server that runs already: at ``url``, or at ``SANDTILL_URL``.

        Raises `StartError` if none answers there or if its version is another one than this client knows.
        """
        url = url or os.environ.get("SANDTILL_URL")
        if not url:
            raise StartError("no server was named; pass its URL, or set SANDTILL_URL")
        return cls(url, token)

    def _check_version(self) -> str:
        health = self.admin("GET", "/health")
        version = health.get("version") if isinstance(health, dict) else None
        if not isinstance(version, str):
            raise StartError(
                f"what answers at {self.url} is not Sandtill (its health has no version); check the address and the port"
            )
        if not VERSION.startswith("0+") and series(version) != series(VERSION):
            wanted = ".".join(series(version))
            raise StartError(
                f"the server at {self.url} is Sandtill {version}, and this client knows {VERSION}; install the client "
                f"that fits with `pip install 'sandtill=={wanted}.*'`, or start a server of version {VERSION}"
            )
        return version

    def space(self, name: str | None = None, *, scenario: str | None = None) -> Space:
        """A space of that name, or a new one of its own name.

        With a scenario (a built-in name) the space is made with it and must not exist yet.
        """
        made = name or f"py-{uuid.uuid4().hex[:12]}"
        try:
            self.admin("POST", "/spaces", given(name=made, scenario=scenario))
        except ProblemError as error:
            # A space that is there already is the one that was asked for.
            if error.status != 409 or name is None or scenario is not None:
                raise
        url = f"{self.root}/@{quote(made, safe='')}"
        return Space(Connection(url, self._connection.token), made)

    @property
    def is_ours(self) -> bool:
        """Whether `start` has started the server, so that it ends with this object."""
        return self._process is not None

    def stop(self) -> None:
        """Stops the server if `start` started it."""
        if self._process is not None:
            self._process.stop()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _id(transaction: int | Transaction) -> int:
    return transaction["id"] if isinstance(transaction, Mapping) else transaction
