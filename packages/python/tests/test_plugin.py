"""The pytest plugin, tried on test suites of its own."""

from types import SimpleNamespace

import pytest

from sandtill import JournalEntry, Sandtill
from sandtill.pytest_plugin import refusals

USES = """
import base64, http.client, os
from urllib.parse import urlsplit

def ask(url, secret):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    basic = base64.b64encode(f"1:{secret}".encode()).decode()
    connection.request("POST", parts.path + "/api/reports", "{}", {"Authorization": f"Basic {basic}"})
    return connection.getresponse().status
"""

FAILS = USES + """
def test_refused(sandtill):
    assert ask(sandtill.begateway.url, "wrong") == 200

def test_fine(sandtill):
    assert ask(sandtill.begateway.url, "other") == 401

def test_without():
    assert False
"""

SPACES = """
import os
import pytest

@pytest.mark.parametrize("turn", range(12))
def test_alone(sandtill, sandtill_server, turn, tmp_path_factory):
    assert sandtill.transactions(merchant="everywhere", limit=1, currency="USD")[0].order != "mine"
    sandtill.pay(100, "USD", order="mine")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    with open(os.environ["SEEN"], "a") as seen:
        seen.write(f"{worker} {sandtill_server.url} {sandtill.name}\\n")
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ("SANDTILL_URL", "SANDTILL_SCENARIO", "PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def running():
    with Sandtill.start() as server:
        yield server


def run(pytester, *arguments):
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


@pytest.mark.parametrize("workers", [(), ("-n", "4")], ids=["plain", "xdist"])
def test_one_server_a_worker_one_space_a_test(pytester, monkeypatch, tmp_path, workers):
    pytester.makepyfile(SPACES)
    seen = tmp_path / "seen"
    monkeypatch.setenv("SEEN", str(seen))
    run(pytester, *workers).assert_outcomes(passed=12)
    lines = [line.split() for line in seen.read_text().splitlines()]
    servers = {(worker, url) for worker, url, _ in lines}
    assert len({name for _, _, name in lines}) == 12
    assert len(servers) == len({worker for worker, _ in servers}) == len({url for _, url in servers})
    assert (len(servers) > 1) == bool(workers)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["plain", "xdist"])
def test_a_failed_test_shows_why_requests_were_refused(pytester, workers):
    pytester.makepyfile(FAILS)
    result = run(pytester, *workers)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*Sandtill: refused requests*",
            "begateway reports: POST /*api/reports -> 401: the secret key of shop `1` is another one",
        ]
    )
    # Neither from the test that passed nor for the one that does not use it.
    text = result.stdout.str()
    assert text.count("Sandtill: refused requests") == 1
    assert text.count("the secret key of shop") == 1


def test_the_report_says_so_when_the_server_is_gone(pytester):
    pytester.makepyfile(
        """
        def test_gone(sandtill, sandtill_server):
            sandtill_server.stop()
            assert False, "for a reason of its own"
        """
    )
    result = run(pytester)
    result.stdout.fnmatch_lines(["*for a reason of its own*", "*(not known: no Sandtill answers at *"])


def test_a_running_server_is_used_and_left_clean(pytester, running):
    pytester.makepyfile(
        f"""
        def test_there(sandtill, sandtill_server):
            assert sandtill_server.url == "{running.url}"
            assert sandtill.url.startswith("{running.url}/@test-")
        """
    )
    run(pytester, f"--sandtill-url={running.url}").assert_outcomes(passed=1)
    names = [it["name"] for it in running.admin("GET", "/spaces")["spaces"]]
    assert names == [""]


def test_the_environment_names_the_server_too(pytester, running, monkeypatch):
    pytester.makepyfile(f"def test_there(sandtill_server): assert sandtill_server.url == '{running.url}'")
    monkeypatch.setenv("SANDTILL_URL", running.url)
    run(pytester).assert_outcomes(passed=1)


@pytest.mark.parametrize("elsewhere", [True, False], ids=["running", "started"])
def test_the_scenario_is_that_of_option_or_marker(pytester, running, elsewhere):
    pytester.makepyfile(
        """
        import pytest

        def scenario(space):
            return space.admin("GET", "/health")["scenario"]

        def test_option(sandtill):
            assert scenario(sandtill) == "paging"

        @pytest.mark.sandtill(scenario="settlement")
        def test_marker(sandtill):
            assert scenario(sandtill) == "settlement"
        """
    )
    where = [f"--sandtill-url={running.url}"] if elsewhere else []
    run(pytester, "--sandtill-scenario=paging", *where).assert_outcomes(passed=2)


def test_the_seed_is_that_of_the_option(pytester):
    pytester.makepyfile(
        "def test_seed(sandtill): assert sandtill.admin('GET', '/health')['seed'] == 7"
    )
    run(pytester, "--sandtill-seed=7").assert_outcomes(passed=1)


def test_a_seed_for_a_running_server_is_refused(pytester, running):
    pytester.makepyfile("def test_nothing(sandtill): pass")
    result = run(pytester, "--sandtill-seed=7", f"--sandtill-url={running.url}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--sandtill-seed has no effect on a server that runs already; start*"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--sandtill-scenario=pagnig",), "the server ended with code 2 before it was ready; it said: *"),
        (("--sandtill-url=http://127.0.0.1:9",), "no Sandtill answers at http://127.0.0.1:9 *start one*"),
    ],
)
def test_trouble_at_the_start_is_one_sentence(pytester, options, sentence):
    pytester.makepyfile("def test_nothing(sandtill): pass")
    result = run(pytester, *options)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([sentence])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*_server.py*")


def test_a_marker_that_is_written_otherwise_is_refused(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.sandtill("paging")
        def test_nothing(sandtill): pass
        """
    )
    result = run(pytester)
    result.stdout.fnmatch_lines(["*the marker is written @pytest.mark.sandtill(scenario=*"])
    assert result.ret != 0


def test_a_likely_mistake_stands_below_its_request_and_the_newest_are_shown():
    def entry(number):
        return JournalEntry(
            id=number,
            provider="flitt",
            operation="token",
            method="POST",
            target="/token",
            status=403,
            reason=f"reason {number}",
            likely_mistake="SHA-1 instead of SHA-512" if number == 22 else None,
        )

    class Journal:
        def refused(self, limit):
            # Newest first, as the server answers.
            return [entry(number) for number in range(22, 0, -1)][:limit]

    lines = refusals(SimpleNamespace(journal=Journal())).split("\n")
    assert lines[:2] == ["(only the last 20)", "flitt token: POST /token -> 403: reason 3"]
    assert lines[-2:] == [
        "flitt token: POST /token -> 403: reason 22",
        "  likely mistake: SHA-1 instead of SHA-512",
    ]
    assert len(lines) == 22
