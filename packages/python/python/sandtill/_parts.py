"""What a space consists of: its providers, clock, faults and journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ._errors import SandtillError, WaitTimeout
from ._http import TIMEOUT
from ._records import Advance, Fault, JournalEntry, Record
from ._time import Duration, Instant, duration_text, instant_text, parse_instant

if TYPE_CHECKING:
    from ._client import Space

#: Seconds until a move of the clock is given up: receivers of callbacks may be slow.
ADVANCE_TIMEOUT = 600.0
#: Members of a fault rule that stand beside its `fault`.
RULE_KEYS = ("every", "probability", "when")


class Provider:
    """One of the five providers in one space."""

    def __init__(self, space: Space, name: str) -> None:
        self._space = space
        #: The provider's short name, such as ``begateway``.
        self.name = name

    @property
    def url(self) -> str:
        """The base URL to give to a client of this provider, without a slash at the end."""
        return self._space.url

    @property
    def credentials(self) -> dict[str, str]:
        """The credentials of the provider's home merchant: the first that the scenario has."""
        return self.credentials_of(None)

    @property
    def merchant(self) -> str:
        """The name of the home merchant, whose credentials are `credentials`."""
        return str(self._all()[0]["merchant"])

    def credentials_of(self, merchant: str | None) -> dict[str, str]:
        """The credentials of a merchant at this provider, such as those of ``everywhere``."""
        for found in self._all():
            if merchant is None or found["merchant"] == merchant:
                return {key: value for key, value in found.items() if key != "merchant"}
        names = ", ".join(dict.fromkeys(str(it["merchant"]) for it in self._all()))
        raise SandtillError(
            f"merchant `{merchant}` does not sell through {self.name}; there are {names}"
        )

    def _all(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._space.admin("GET", "/credentials").get(self.name) or []
        if not found:
            raise SandtillError(f"the scenario in force has no merchant at {self.name}")
        return found

    def __repr__(self) -> str:
        return f"<{self.name} at {self.url}>"


class Clock:
    """The clock of a space. All times of the sandbox follow from it."""

    def __init__(self, space: Space) -> None:
        self._space = space

    @property
    def now(self) -> datetime:
        """What the clock shows."""
        return parse_instant(self._space.admin("GET", "/clock")["now"])

    def due(self, to: Instant | None = None) -> Sequence[Record]:
        """What will fall due if nothing is done until then, the next thing first; within eight days unless said.

        Callbacks, prepared reports, and what becomes of payments that were added or changed.
        """
        query = {} if to is None else {"to": instant_text(to)}
        return [Record(it) for it in self._space.admin("GET", "/clock/due", query=query)["due"]]

    def freeze(self, at: Instant | None = None) -> datetime:
        """Stops the clock, at an instant if one is given, without delivering what lies between."""
        return self._put({"mode": "frozen"}, at)

    def run(self, at: Instant | None = None) -> datetime:
        """Lets the clock run, from an instant on if one is given."""
        return self._put({"mode": "running"}, at)

    def _put(self, body: dict[str, Any], at: Instant | None) -> datetime:
        if at is not None:
            body["now"] = instant_text(at)
        return parse_instant(self._space.admin("PUT", "/clock", body)["now"])

    def advance(
        self,
        by: Duration | None = None,
        *,
        to: Instant | None = None,
        until: str | None = None,
    ) -> Advance:
        """Moves the clock forward and does all that falls due on the way, callbacks included.

        Give one of ``by`` (``"36h"`` or a timedelta), ``to`` (an instant) or ``until``: ``"next"``
        (the next thing due), ``"settled:ID"``, ``"deposit:ID"`` or ``"visible:ID"``.
        """
        body: dict[str, Any] = {}
        if by is not None:
            body["by"] = duration_text(by)
        if to is not None:
            body["to"] = instant_text(to)
        if until is not None:
            body["until"] = until
        if len(body) != 1:
            raise SandtillError("advance takes one of `by`, `to` and `until`")
        return Advance(
            self._space.admin("POST", "/clock/advance", body, timeout=ADVANCE_TIMEOUT)
        )


class Faults:
    """What shall go wrong in a space."""

    def __init__(self, space: Space) -> None:
        self._space = space

    def add(
        self,
        provider: str,
        kind: str,
        operation: str | None = None,
        after: int | None = None,
        times: int | None = None,
        **rest: Any,
    ) -> Fault:
        """Adds a rule: ``add("flitt", "status", "report", after=2, times=1, status=401)``.

        ``every``, ``probability`` and ``when`` belong to the rule; all other names are members of the fault.
        """
        rule: dict[str, Any] = {"provider": provider}
        rule.update(given(operation=operation, after=after, times=times))
        rule.update({key: rest.pop(key) for key in RULE_KEYS if key in rest})
        rule["fault"] = {"kind": kind, **rest}
        return Fault(self._space.admin("POST", "/faults", rule))

    def list(self) -> Sequence[Fault]:
        """The rules in force, with how often they struck."""
        return [Fault(it) for it in self._space.admin("GET", "/faults")["faults"]]

    def remove(self, fault: Fault | int) -> None:
        """Takes one rule back."""
        number = fault["id"] if isinstance(fault, Mapping) else fault
        self._space.admin("DELETE", f"/faults/{number}")

    def clear(self) -> None:
        """Takes all rules back."""
        self._space.admin("DELETE", "/faults")


class Journal:
    """What was asked in a space, and how it was answered."""

    def __init__(self, space: Space) -> None:
        self._space = space

    def entries(self, **filters: Any) -> Sequence[JournalEntry]:
        """Entries, newest first. Filters: provider, operation, outcome, merchant, since, before, limit."""
        found = self._space.admin("GET", "/journal", query=filters)
        return [JournalEntry(it) for it in found["entries"]]

    def entry(self, number: int) -> JournalEntry:
        """One entry with request, answer and explanation."""
        return JournalEntry(self._space.admin("GET", f"/journal/{number}"))

    def refused(self, **filters: Any) -> Sequence[JournalEntry]:
        """The refused requests, newest first, each with `reason` and `likely_mistake`."""
        return self.entries(outcome="refused", **filters)

    def wait(
        self,
        provider: str | None = None,
        at_least: int | None = None,
        timeout: float = 5,
        **conditions: Any,
    ) -> Sequence[JournalEntry]:
        """Waits until that many matching requests were answered, and returns them, newest first.

        ``timeout`` is in seconds of real time. Conditions: operation, merchant, outcome, status, contains,
        since, exactly (instead of ``at_least``, which is 1 otherwise), quiet_ms. Raises `WaitTimeout`.
        """
        if at_least is None and conditions.get("exactly") is None:
            at_least = 1
        body = given(provider=provider, at_least=at_least, **conditions)
        body["timeout_ms"] = round(timeout * 1000)
        quiet = float(conditions.get("quiet_ms") or 0) / 1000
        result = self._space.admin(
            "POST", "/journal/wait", body, timeout=timeout + quiet + TIMEOUT
        )
        if not result["matched"]:
            raise WaitTimeout(_unmet(result, timeout), result)
        return [JournalEntry(it) for it in result["entries"]]

    def clear(self) -> None:
        """Forgets all requests."""
        self._space.admin("DELETE", "/journal")


def given(**members: Any) -> dict[str, Any]:
    """Those members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def _unmet(result: Mapping[str, Any], timeout: float) -> str:
    text = f"{result['why']} within {timeout:g} s"
    closest = result.get("closest")
    if closest:
        entry = closest["entry"]
        text += (
            f"; the most similar request is {entry['id']} ({entry['method']} {entry['target']}), but "
            + ", ".join(closest["because"])
        )
    return text
