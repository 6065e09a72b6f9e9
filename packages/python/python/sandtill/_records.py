"""The objects that the admin API answers with."""

from __future__ import annotations

from typing import Any


class Record(dict[str, Any]):
    """A JSON object whose members are attributes too: ``entry.reason`` is ``entry["reason"]``.

    The annotations of the subclasses name the members that are always there; a newer server may send more.
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            known = ", ".join(self)
            raise AttributeError(f"no `{name}` in this {type(self).__name__}; it has {known}") from None


class Transaction(Record):
    """A payment or what became of it. Amounts are integers in minor units; instants are RFC 3339 text."""

    id: int
    merchant: str
    kind: str
    status: str
    method: str
    amount: int
    currency: str
    fee: int | None
    created_at: str
    settled_at: str | None
    parent: int | None
    order: str | None


class JournalEntry(Record):
    """A request to a provider and how it was answered."""

    id: int
    at: str
    provider: str
    operation: str
    merchant: str | None
    outcome: str
    status: int
    reason: str | None
    method: str
    target: str

    @property
    def likely_mistake(self) -> str | None:
        """What the client most likely did wrong, if the server can tell."""
        mistake = self.get("likely_mistake")
        return None if mistake is None else str(mistake)


class Deposit(Record):
    """What is transferred to the bank account of a merchant. Amounts are integers in minor units."""

    id: int
    merchant: str
    currency: str
    status: str
    amount: int
    initiated_at: str | None
    effective_at: str | None


class Fault(Record):
    """A fault rule."""

    id: int
    provider: str


class Advance(Record):
    """What happened while the clock was moved forward."""

    now: str
    happened: list[dict[str, Any]]
