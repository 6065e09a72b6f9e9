"""The version of this package, which is also that of the binary in it."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("sandtill")
except PackageNotFoundError:  # From a checkout, without an installed wheel.
    VERSION = "0+unknown"


def series(text: str) -> tuple[str, ...]:
    """The part of a version within which the admin API stays the same: major, and minor below 1.0."""
    parts = text.split("+")[0].split(".")
    return tuple(parts[:2]) if parts[0] == "0" else tuple(parts[:1])
