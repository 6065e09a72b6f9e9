"""The pytest plugin: one server a worker, one space a test, and why requests were refused in a failed test."""

from __future__ import annotations

import os
import uuid
from collections.abc import Generator, Iterator

import pytest

from ._client import Sandtill, Space
from ._errors import SandtillError
from ._records import JournalEntry

#: How many refused requests the report of a failed test shows.
MAX_SHOWN = 20
TITLE = "Sandtill: refused requests"

_spaces = pytest.StashKey[list[Space]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sandtill", "Sandtill, a stand-in for payment reporting APIs")
    group.addoption(
        "--sandtill-url",
        metavar="URL",
        help="use the server that runs there instead of starting one (default: SANDTILL_URL, if it is set)",
    )
    group.addoption(
        "--sandtill-scenario",
        metavar="NAME",
        help="built-in scenario or scenario file of the spaces (default: SANDTILL_SCENARIO, or `default`)",
    )
    group.addoption(
        "--sandtill-seed",
        type=int,
        metavar="N",
        help="seed of all generated data, instead of the scenario's",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "sandtill(scenario): the built-in scenario of the space of this test"
    )
    if config.getoption("--sandtill-seed") is not None and _url(config):
        raise pytest.UsageError(
            "--sandtill-seed has no effect on a server that runs already; start that server with --seed, or leave "
            "out --sandtill-url (and SANDTILL_URL)"
        )


def _url(config: pytest.Config) -> str | None:
    url: str | None = config.getoption("--sandtill-url") or os.environ.get("SANDTILL_URL") or None
    return url


@pytest.fixture(scope="session")
def sandtill_server(pytestconfig: pytest.Config) -> Iterator[Sandtill]:
    """A server: the one of ``--sandtill-url``, or one that is started for this session (with xdist, for each
    worker)."""
    url = _url(pytestconfig)
    try:
        if url:
            server = Sandtill.connect(url)
        else:
            server = Sandtill.start(
                pytestconfig.getoption("--sandtill-scenario"),
                pytestconfig.getoption("--sandtill-seed"),
            )
    except SandtillError as error:
        # The sentence says it all; a traceback through this package would hide it.
        pytest.fail(str(error), pytrace=False)
    yield server
    server.stop()


@pytest.fixture
def sandtill(request: pytest.FixtureRequest, sandtill_server: Sandtill) -> Iterator[Space]:
    """A space of its own for this test, which is dropped afterwards."""
    scenario = _scenario(request, sandtill_server)
    name = f"test-{uuid.uuid4().hex[:12]}"
    try:
        space = sandtill_server.space(name, scenario=scenario)
    except SandtillError as error:
        pytest.fail(str(error), pytrace=False)
    request.node.stash.setdefault(_spaces, []).append(space)
    yield space
    space.drop()


def _scenario(request: pytest.FixtureRequest, server: Sandtill) -> str | None:
    """The scenario of the marker. That of the option holds for a server that runs already: one that the plugin
    starts has it anyway."""
    marker = request.node.get_closest_marker("sandtill")
    if marker is None:
        chosen = request.config.getoption("--sandtill-scenario") if not server.is_ours else None
        return None if chosen is None else str(chosen)
    if marker.args or set(marker.kwargs) != {"scenario"}:
        raise pytest.UsageError(
            'the marker is written @pytest.mark.sandtill(scenario="paging"), with the name of a built-in scenario'
        )
    return str(marker.kwargs["scenario"])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    # The spaces are dropped in the phase after.
    if report.failed and call.when != "teardown":
        for space in item.stash.get(_spaces, []):
            text = refusals(space)
            if text:
                report.sections.append((TITLE, text))
    return report


def refusals(space: Space) -> str:
    """The refused requests of a space in their order, each with its reason and its likely mistake."""
    try:
        found = space.journal.refused(limit=MAX_SHOWN + 1)
    except SandtillError as error:
        return f"(not known: {error})"
    lines = [_line(entry) for entry in reversed(found[:MAX_SHOWN])]
    if len(found) > MAX_SHOWN:
        lines.insert(0, f"(only the last {MAX_SHOWN})")
    return "\n".join(lines)


def _line(entry: JournalEntry) -> str:
    operation = f"{entry.provider} {entry.operation}".strip()
    text = f"{operation}: {entry.method} {entry.target} -> {entry.status}: {entry.reason}"
    if entry.likely_mistake:
        text += f"\n  likely mistake: {entry.likely_mistake}"
    return text
