"""Finds the binary that the wheel has brought."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from ._errors import StartError

NAME = "sandtill.exe" if os.name == "nt" else "sandtill"


def _candidates() -> Iterator[Path]:
    # Where the scripts of this environment are.
    yield Path(sysconfig.get_path("scripts"), NAME)
    # `pip install --user`
    user = "nt_user" if os.name == "nt" else "posix_user"
    if sys.platform == "darwin" and sys._framework:
        user = "osx_framework_user"
    yield Path(sysconfig.get_path("scripts", scheme=user), NAME)
    # `pip install --target FOLDER` and `--prefix FOLDER` put the scripts into a folder near the package.
    package = Path(__file__).parent.resolve()
    yield package.parent / "bin" / NAME
    yield package.parents[3 if os.name != "nt" else 2] / ("Scripts" if os.name == "nt" else "bin") / NAME


def find_binary() -> str:
    """The path of the server's binary: ``SANDTILL_BINARY``, or the one that was installed with the package.

    Raises `StartError` if there is none.
    """
    override = os.environ.get("SANDTILL_BINARY")
    if override:
        if os.path.isfile(override) and os.access(override, os.X_OK):
            return override
        raise StartError(
            f"SANDTILL_BINARY is {override}, which is no program; set it to the path of the sandtill binary, "
            "or unset it"
        )
    for path in _candidates():
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    raise StartError(
        f"this installation has no sandtill binary for {platform.system()} {platform.machine()}; reinstall with "
        "`pip install --force-reinstall sandtill`, or set SANDTILL_BINARY to one built with "
        "`cargo install sandtill`"
    )
