"""The snippets of docs/python.md run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "python.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("SANDTILL_", "PYTEST_"))}


def test_the_page_has_snippets():
    assert len(SNIPPETS) == 2


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda it: it.split("\n")[0])
def test_a_snippet_runs(snippet, tmp_path):
    file = tmp_path / "test_snippet.py"
    file.write_text(snippet)
    is_test = "\ndef test_" in snippet
    command = [sys.executable, "-m", "pytest", "-q"] if is_test else [sys.executable]
    ended = subprocess.run([*command, str(file)], capture_output=True, text=True, cwd=tmp_path, env=ENVIRONMENT)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ("1 passed" if is_test else "2345 []") in ended.stdout
