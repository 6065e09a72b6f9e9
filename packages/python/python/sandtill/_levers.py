"""What makes an import hard in a space: deposits that fail, reports that lag, and the way back in its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._parts import given
from ._records import Deposit, Record
from ._time import Duration, Instant, duration_text, instant_text

if TYPE_CHECKING:
    from ._client import Space


class Deposits:
    """The deposits of a space: what is transferred to the merchants' bank accounts."""

    def __init__(self, space: Space) -> None:
        self._space = space

    def list(self, **filters: Any) -> Sequence[Deposit]:
        """Deposits, newest first. Filters: merchant, currency, status, from_, to, limit."""
        if "from_" in filters:
            filters["from"] = filters.pop("from_")
        filters = {k: instant_text(v) if k in ("from", "to") else v for k, v in filters.items()}
        found = self._space.admin("GET", "/deposits", query=filters)
        return [Deposit(it) for it in found["deposits"]]

    def fail(self, deposit: Deposit | int) -> Deposit:
        """Has the transfer fail; the money comes with a later deposit."""
        return self._act(deposit, "fail", {})

    def return_(self, deposit: Deposit | int) -> Deposit:
        """Has the bank send it back; the money comes with a later deposit."""
        return self._act(deposit, "return", {})

    def delay(self, deposit: Deposit | int, by: Duration) -> Deposit:
        """Has it be late: ``"2d"`` or a timedelta."""
        return self._act(deposit, "delay", {"by": duration_text(by)})

    def _act(self, deposit: Deposit | int, does: str, body: dict[str, Any]) -> Deposit:
        number = deposit["id"] if isinstance(deposit, Mapping) else deposit
        return Deposit(self._space.admin("POST", f"/deposits/{number}/{does}", body))


class Reporting:
    """How far the reports of the providers are behind the ledger of a space."""

    def __init__(self, space: Space) -> None:
        self._space = space

    def of(self, provider: str) -> Record:
        """The lag of a provider's reports: ``lag``, ``jitter``, ``daily``, ``missing``, ``until``."""
        return Record(self._space.admin("GET", f"/reporting/{provider}"))

    def set(
        self,
        provider: str,
        *,
        lag: Duration | None = None,
        jitter: Duration | None = None,
        daily: str | None = None,
        missing: Sequence[Instant] | None = None,
        until: Instant | None = None,
    ) -> Record:
        """Replaces the lag of a provider's reports as a whole; without any value they tell everything at once.

        ``lag``: everything is told as it was that long ago; ``jitter``: each row shows up to that much later;
        ``daily``: new rows show once a day (``"06:00 Europe/London"``); ``missing``: days that are not there,
        ``until`` an instant.
        """
        body = given(
            lag=None if lag is None else duration_text(lag),
            jitter=None if jitter is None else duration_text(jitter),
            daily=daily,
            missing=None if missing is None else [instant_text(day) for day in missing],
            until=None if until is None else instant_text(until),
        )
        return Record(self._space.admin("PUT", f"/reporting/{provider}", body))


class History:
    """Everything that was done in a space, in order, and the way back."""

    def __init__(self, space: Space) -> None:
        self._space = space

    @property
    def last(self) -> int:
        """The number of the newest event."""
        return int(self._space.admin("GET", "/history", query={"limit": 1})["last"])

    def events(self, since: int = 0, limit: int = 1000) -> Sequence[Record]:
        """The events behind the one with that number, oldest first."""
        found = self._space.admin("GET", "/history", query={"since": since, "limit": limit})
        return [Record(it) for it in found["events"]]

    def rewind(self, to: int) -> None:
        """Makes the space what it was behind the event with that number, earlier or later."""
        self._space.admin("POST", "/history/rewind", {"to": to})
