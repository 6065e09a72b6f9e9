"""Instants and lengths of time as the admin API writes them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone

Instant = datetime | date | str
Duration = timedelta | str


def instant_text(at: Instant) -> str:
    """RFC 3339. A date is left without a time; a datetime without an offset is UTC."""
    if isinstance(at, datetime):
        return (at if at.tzinfo else at.replace(tzinfo=timezone.utc)).isoformat()
    return at.isoformat() if isinstance(at, date) else at


def duration_text(length: Duration) -> str:
    """Whole milliseconds of a timedelta, or the text as it is, such as ``36h``."""
    if isinstance(length, str):
        return length
    milliseconds = length // timedelta(milliseconds=1)
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"


def parse_instant(text: str) -> datetime:
    """The server sends nanoseconds, and datetime has microseconds."""
    text = re.sub(r"(\.\d{6})\d+", r"\1", text).replace("Z", "+00:00")
    # Python 3.10 reads three or six digits only.
    whole = re.sub(r"\.(\d+)", lambda found: "." + found[1].ljust(6, "0"), text)
    return datetime.fromisoformat(whole)
