"""docs/requirements.md and the tests agree on what is shown and what is still open."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

_ROW = re.compile(r"^\| ([A-Z][A-Za-z0-9_-]*) \| (.+) \| (.+) \|$", re.MULTILINE)
_OPEN = re.compile(r"open: \S.{9,}")
_DOCUMENTED = {
    **{f"FR-{number:03}": "functional" for number in range(1, 27)},
    **{f"NFR-{number:03}": "quality" for number in range(1, 7)},
    **{f"SC-{number:03}": "success" for number in range(1, 11)},
    **{f"P0-{number}": "spot" for number in range(1, 6)},
    **{f"LO-F{number}": "large orders" for number in range(1, 9)},
    **{f"EDGE-{number}": "edge case" for number in range(1, 10)},
}


def _table() -> dict[str, str]:
    text = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
    return {identifier: state for identifier, _meaning, state in _ROW.findall(text)}


def _marked(path: Path) -> Iterator[str]:
    """Every id that a ``pytest.mark.requirement`` in the file names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.requirement":
            for argument in node.args:
                yield ast.literal_eval(argument)


@pytest.fixture(scope="module")
def table() -> dict[str, str]:
    return _table()


@pytest.fixture(scope="module")
def marked() -> set[str]:
    return {identifier for path in (ROOT / "tests").rglob("test_*.py") for identifier in _marked(path)}


def test_every_id_marked_tested_has_a_test(table: dict[str, str], marked: set[str]) -> None:
    assert [identifier for identifier, state in table.items() if state == "tested" and identifier not in marked] == []


def test_a_test_names_only_ids_that_are_listed(table: dict[str, str], marked: set[str]) -> None:
    assert sorted(marked - table.keys()) == []


def test_an_id_is_either_tested_or_open_for_a_stated_reason(table: dict[str, str]) -> None:
    assert [name for name, state in table.items() if state != "tested" and not _OPEN.fullmatch(state)] == []


def test_an_id_that_has_a_test_is_not_called_open(table: dict[str, str], marked: set[str]) -> None:
    assert sorted(name for name in marked & table.keys() if table[name] != "tested") == []


def test_the_ids_of_the_specification_documents_are_all_listed(table: dict[str, str]) -> None:
    assert sorted(_DOCUMENTED.keys() - table.keys()) == []


def test_no_id_is_listed_twice() -> None:
    text = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
    counts = Counter(identifier for identifier, _meaning, _state in _ROW.findall(text))

    assert [identifier for identifier, count in counts.items() if count > 1] == []


def test_every_table_row_is_understood() -> None:
    text = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| id ")]

    assert [row for row in rows if not _ROW.fullmatch(row)] == []
