"""A server as a process of its own, on a free port."""

from __future__ import annotations

import atexit
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ._binary import find_binary
from ._errors import StartError

#: Seconds within which a server has to be ready. The default scenario takes some milliseconds.
READY_TIMEOUT = 30.0
#: Seconds for requests under way after the server was asked to stop; the server takes five at most.
STOP_TIMEOUT = 8.0
#: How much of the server's output goes into an error, in characters.
MAX_OUTPUT = 2000


class Server:
    """A running server. It ends with `stop`, at the latest with the interpreter."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sandtill-")
        self._log = Path(self._folder.name, "log")
        port_file = Path(self._folder.name, "port")
        self._command = [find_binary(), "serve", "--quiet", "--port-file", str(port_file)]
        self._command += list(arguments)
        # Ours alone: the server would warn of a setting that it does not know.
        environment = {k: v for k, v in os.environ.items() if k != "SANDTILL_BINARY"}
        # Also when this process is killed and cannot stop it. Not a flag, which an older server would refuse.
        environment.setdefault("SANDTILL_EXIT_WITH_PARENT", "true")
        try:
            with open(self._log, "wb") as log:
                self.process = subprocess.Popen(
                    self._command,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
        except OSError as error:
            self._folder.cleanup()
            raise StartError(
                f"{self._command[0]} cannot be run ({error.strerror}); reinstall the package for this platform, or "
                "set SANDTILL_BINARY to a binary that runs here"
            ) from None
        atexit.register(self.stop)
        self.port = self._wait_for(port_file)

    def _wait_for(self, port_file: Path) -> int:
        until = time.monotonic() + READY_TIMEOUT
        while True:
            # Before the file is looked at: it may be written in between.
            ended = self.process.poll()
            try:
                # The server writes the file in one step, so what is there is whole.
                return int(port_file.read_text())
            except (OSError, ValueError):
                pass
            if ended is not None:
                output = self.output()
                self.stop()
                raise StartError(
                    f"the server ended with code {ended} before it was ready; it said: {output}"
                )
            if time.monotonic() > until:
                output = self.output()
                self.stop()
                raise StartError(
                    f"the server was not ready after {READY_TIMEOUT:g} s; run `{' '.join(self._command)}` by hand to "
                    f"see why; it said: {output}"
                )
            time.sleep(0.005)

    def output(self) -> str:
        """The end of what the server has printed so far."""
        try:
            text = self._log.read_text(errors="replace").strip()
        except OSError:
            text = ""
        return text[-MAX_OUTPUT:] or "nothing"

    def stop(self) -> None:
        """Asks the server to stop, and waits for it. Does nothing the second time."""
        atexit.unregister(self.stop)
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._folder.cleanup()
