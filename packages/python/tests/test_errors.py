"""What goes wrong is told in one sentence that says what to do."""

import http.server
import json
import os
import re
import socket
import stat
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from sandtill import ProblemError, Sandtill, StartError, __version__, find_binary


@contextmanager
def answering(content, content_type="application/json"):
    """A server that answers every request with that."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = content.encode()
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def program(path, text):
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_no_binary_for_this_platform(monkeypatch, tmp_path):
    monkeypatch.delenv("SANDTILL_BINARY", raising=False)
    monkeypatch.setattr("sandtill._binary.NAME", "no-such-program")
    with pytest.raises(StartError, match=r"no sandtill binary for \w+ \w+; reinstall with .* SANDTILL_BINARY"):
        find_binary()


def test_the_override_names_no_program(monkeypatch, tmp_path):
    monkeypatch.setenv("SANDTILL_BINARY", str(tmp_path / "nothing"))
    with pytest.raises(StartError, match="SANDTILL_BINARY is .*nothing, which is no program; set it to"):
        Sandtill.start()


def test_the_override_is_a_program_for_another_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("SANDTILL_BINARY", program(tmp_path / "other", "\x7fELF not really"))
    with pytest.raises(StartError, match="other cannot be run .*; reinstall the package for this platform"):
        Sandtill.start()


def test_the_override_is_used(monkeypatch, tmp_path):
    real = find_binary()
    marked = tmp_path / "was-run"
    monkeypatch.setenv(
        "SANDTILL_BINARY",
        program(tmp_path / "mine", f'#!/bin/sh\n: > "{marked}"\nexec "{real}" "$@"\n'),
    )
    with Sandtill.start():
        assert marked.exists()


def test_the_port_is_taken():
    with taken_port() as port, pytest.raises(StartError) as caught:
        Sandtill.start(listen=f"127.0.0.1:{port}")
    assert "the port is taken; choose another with --listen" in str(caught.value)


def test_the_server_dies_at_start(tmp_path, monkeypatch):
    with pytest.raises(StartError) as caught:
        Sandtill.start(scenario="pagnig")
    assert re.match("the server ended with code 2 before it was ready; it said: .*paging", str(caught.value))
    monkeypatch.setenv("SANDTILL_BINARY", program(tmp_path / "dies", "#!/bin/sh\nexit 3\n"))
    with pytest.raises(StartError, match="ended with code 3 before it was ready; it said: nothing"):
        Sandtill.start()


def test_the_server_is_never_ready(tmp_path, monkeypatch):
    monkeypatch.setenv("SANDTILL_BINARY", program(tmp_path / "hangs", "#!/bin/sh\nexec cat /dev/zero > /dev/null\n"))
    monkeypatch.setattr("sandtill._server.READY_TIMEOUT", 0.05)
    with pytest.raises(StartError, match="was not ready after 0.05 s; run `.*hangs serve .*` by hand"):
        Sandtill.start()


def test_nobody_answers():
    with taken_port() as port:
        pass
    with pytest.raises(StartError) as caught:
        Sandtill.connect(f"http://127.0.0.1:{port}")
    assert str(caught.value) == (
        f"no Sandtill answers at http://127.0.0.1:{port} (connection refused); start one with `sandtill`, or "
        "correct the URL"
    )


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://127.0.0.1:port"])
def test_an_address_that_is_none(url):
    with pytest.raises(StartError, match="looks like http://127.0.0.1:8080"):
        Sandtill.connect(url)


def test_no_address(monkeypatch):
    monkeypatch.delenv("SANDTILL_URL", raising=False)
    with pytest.raises(StartError, match="pass its URL, or set SANDTILL_URL"):
        Sandtill.connect()


@pytest.mark.parametrize("sent", ["another", None])
def test_the_token_is_wrong(monkeypatch, sent):
    monkeypatch.setenv("SANDTILL_ADMIN_TOKEN", "the-right-one")
    with Sandtill.start() as server:
        assert server.transactions(limit=1)
        monkeypatch.delenv("SANDTILL_ADMIN_TOKEN")
        with pytest.raises(ProblemError, match="wants its admin token .* set SANDTILL_ADMIN_TOKEN") as caught:
            Sandtill.connect(server.url, token=sent)
        assert caught.value.status == 401
        assert ("no token was sent" in str(caught.value)) == (sent is None)
        assert "the-right-one" not in str(caught.value)


def test_a_version_that_the_client_does_not_know():
    with answering(json.dumps({"status": "ok", "version": "9.1.0"})) as url:
        with pytest.raises(StartError) as caught:
            Sandtill.connect(url)
    assert str(caught.value) == (
        f"the server at {url} is Sandtill 9.1.0, and this client knows {__version__}; install the client that fits "
        f"with `pip install 'sandtill==9.*'`, or start a server of version {__version__}"
    )


@pytest.mark.parametrize("content", ["<html>hello", "[]", "{}", '{"version": 1}'])
def test_something_else_answers(content):
    with answering(content) as url, pytest.raises(StartError, match="is not Sandtill .*check the address"):
        Sandtill.connect(url)


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Sandtill.start() as server:
        assert server.admin("GET", "/health")["status"] == "ok"


def test_the_server_ends_with_the_interpreter():
    code = "from sandtill import Sandtill; s = Sandtill.start(); print(s._process.process.pid)"
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    with pytest.raises(ProcessLookupError):
        os.kill(int(ended.stdout), 0)


def test_the_module_is_the_binary():
    asked = subprocess.run([sys.executable, "-m", "sandtill", "--version"], check=True, capture_output=True, text=True)
    assert asked.stdout == f"sandtill {__version__}\n"
    wrong = subprocess.run([sys.executable, "-m", "sandtill", "--nope"], capture_output=True, text=True)
    assert wrong.returncode == 2
    nowhere = subprocess.run(
        [sys.executable, "-m", "sandtill"], capture_output=True, text=True, env={**os.environ, "SANDTILL_BINARY": "/no"}
    )
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert nowhere.stderr.startswith("sandtill: SANDTILL_BINARY is /no, which is no program")
