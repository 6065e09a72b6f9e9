"""Sandtill for Python: starts or finds a server, and speaks to its admin API.

    from sandtill import Sandtill

    with Sandtill.start() as sandtill:
        sandtill.pay(12345, "USD", merchant="everywhere")
        import_payments(sandtill.begateway.url, **sandtill.begateway.credentials)

The package has a pytest plugin with the fixtures ``sandtill`` and ``sandtill_server``.
"""

from ._binary import find_binary
from ._client import Sandtill, Space
from ._errors import ProblemError, SandtillError, StartError, WaitTimeout
from ._levers import Deposits, History, Reporting
from ._parts import Clock, Faults, Journal, Provider
from ._records import Advance, Deposit, Fault, JournalEntry, Record, Transaction
from ._version import VERSION as __version__

__all__ = [
    "Advance",
    "Clock",
    "Deposit",
    "Deposits",
    "Fault",
    "Faults",
    "History",
    "Journal",
    "JournalEntry",
    "ProblemError",
    "Provider",
    "Record",
    "Reporting",
    "Sandtill",
    "SandtillError",
    "Space",
    "StartError",
    "Transaction",
    "WaitTimeout",
    "__version__",
    "find_binary",
]
