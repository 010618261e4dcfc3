"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from tests.conftest import ROOT

_PRODUCT = ("config", "monitor", "volume_trap", "simulator")
_OWN_APPS = ("monitor", "volume_trap")
# The one service that may write the status of monitors in bulk; a replay of years would be too slow otherwise.
_STATUS_WRITERS = {"volume_trap/services/recording.py"}
_BULK = {"bulk_create", "bulk_update", "update_or_create", "get_or_create"}
# Everybody else learns about the exchange through base URLs.
_MAY_ASK_WHICH_EXCHANGE = {
    "config/settings/base.py",
    "monitor/context_processors.py",
    "monitor/management/commands/up.py",
}
_MONEY = re.compile(r"price|volume|notional|amount|quantity|balance|fee")


def _sources(*folders: str) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def _tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout: there is no list of the repository's files")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_dependencies_point_in_the_declared_directions() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_every_management_command_is_named_by_a_test() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    commands = {path.stem for app in _OWN_APPS for path in (ROOT / app / "management/commands").glob("[a-z]*.py")}

    assert sorted(name for name in commands if f'"{name}"' not in tests) == []


def test_no_code_branches_on_being_simulated() -> None:
    branch = re.compile(r"""\bEXCHANGE\s*[!=]=|SIMULATED|[!=]=\s*["']simulator["']""")
    asking = {name for name, text in _sources(*_PRODUCT) if branch.search(text)}

    assert sorted(asking - _MAY_ASK_WHICH_EXCHANGE) == []


def _past_the_state_machine(text: str) -> Iterator[str]:
    """The constructor, bulk writes and updates of a status: none of them asks the state machine."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        method = called.rpartition(".")[2]
        names_status = any(keyword.arg in {"status", None} for keyword in node.keywords)
        if called == "VolumeTrapMonitor" or method in _BULK or (method == "update" and names_status):
            yield f"{called} in line {node.lineno}"


def test_only_one_service_writes_the_status_of_monitors_past_the_state_machine() -> None:
    found = {name: list(_past_the_state_machine(text)) for name, text in _sources("volume_trap")}

    assert {name: writes for name, writes in found.items() if writes and name not in _STATUS_WRITERS} == {}


@pytest.mark.parametrize(
    "bypass",
    [
        "VolumeTrapMonitor(status='confirmed').save()",
        "VolumeTrapMonitor.objects.bulk_create(rows)",
        "monitors.bulk_update(rows, ['status'])",
        "monitors.filter(pk=1).update(status='confirmed')",
        "monitors.update(**changes)",
    ],
)
def test_the_rule_about_the_state_machine_sees_every_bypass(bypass: str) -> None:
    assert list(_past_the_state_machine(bypass))


def test_no_stored_amount_is_a_float() -> None:
    fields = [
        f"{model.__name__}.{field.name}"
        for app in _OWN_APPS
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.FloatField) and _MONEY.search(field.name)
    ]

    # Ratios and percentages are not amounts.
    assert [name for name in fields if not re.search(r"ratio|percent|efficiency", name)] == []


@pytest.mark.parametrize(
    "word",
    [
        "/" + "work" + "/",
        ".." + "/shared",
        "pypi" + ".org",
        "files." + "pythonhosted",
        "index" + "-url",
        ".lib" + "rary",
    ],
)
def test_no_file_speaks_of_the_place_where_it_was_made(word: str) -> None:
    allowed = {ROOT / ".ci" / "run"} if "shared" in word else set()
    needle = word.encode()

    assert [
        str(path.relative_to(ROOT)) for path in _tracked_files() if path not in allowed and needle in path.read_bytes()
    ] == []


def test_no_large_file_is_tracked() -> None:
    large = [str(path.relative_to(ROOT)) for path in _tracked_files() if path.stat().st_size > 1_000_000]

    assert large == []


def test_source_files_stay_readable_in_one_sitting() -> None:
    lengths = {name: text.count("\n") for name, text in _sources(*_PRODUCT, "tests", "benchmarks")}

    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_every_module_says_why_it_exists() -> None:
    silent = [name for name, text in _sources(*_PRODUCT) if text.strip() and ast.get_docstring(ast.parse(text)) is None]

    assert silent == []


def test_the_locks_hold_a_hash_for_every_package() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pinned = re.findall(r"^[a-zA-Z0-9_.\[\]-]+==\S+.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
        assert pinned
        assert [block.split()[0] for block in pinned if "--hash=sha256:" not in block] == []
