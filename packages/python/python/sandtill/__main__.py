"""Runs the binary of the package: ``python -m sandtill``."""

import os
import subprocess
import sys

from ._binary import find_binary
from ._errors import SandtillError


def main() -> int:
    try:
        binary = find_binary()
    except SandtillError as error:
        print(f"sandtill: {error}", file=sys.stderr)
        return 2
    command = [binary, *sys.argv[1:]]
    if os.name == "posix":
        # The process becomes the server, so that signals reach it.
        os.execv(binary, command)
    try:
        return subprocess.run(command).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
