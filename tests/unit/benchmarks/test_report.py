"""Promises are judged on a machine of the reference's speed, and the table lands where it belongs."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.harness import percentile, repeat
from benchmarks.report import Measurement, table, write

pytestmark = pytest.mark.unit


def _measured(factor: float = 1.0, **line: Any) -> Measurement:
    return Measurement({"name": "scan", "value": 0.5, "unit": "s", "ratio": 5.0, **line}, factor)


def test_a_time_within_its_promise_is_kept() -> None:
    assert _measured(at_most=0.5).broken_promises() == []


def test_a_time_above_its_promise_is_broken() -> None:
    assert _measured(at_most=0.4).broken_promises() == ["scan: 0.5 s is more than 0.4"]


def test_a_slower_machine_may_take_longer() -> None:
    assert _measured(factor=2.0, at_most=0.3).broken_promises() == []


def test_a_faster_machine_is_asked_for_no_more_than_promised() -> None:
    assert _measured(factor=0.5, at_most=0.5).broken_promises() == []


def test_memory_does_not_depend_on_the_speed_of_the_machine() -> None:
    assert _measured(factor=9.0, unit="MB", value=260, at_most=250).broken_promises() != []


def test_a_rate_may_be_lower_on_a_slower_machine() -> None:
    assert _measured(factor=2.0, unit="rows/s", value=50_000, at_least=90_000).broken_promises() == []
    assert _measured(factor=1.5, unit="rows/s", value=50_000, at_least=90_000).broken_promises() != []


@pytest.mark.parametrize("ratio", [5.9, None])
def test_a_ratio_below_its_promise_is_broken_on_any_machine(ratio: float | None) -> None:
    assert _measured(factor=9.0, ratio=ratio, ratio_at_least=6).broken_promises() != []


def test_the_table_stands_between_the_markers_and_nothing_else_changes(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- benchmarks -->\nold\n<!-- /benchmarks -->\nafter\n", encoding="utf-8")

    write(readme, table([_measured(at_most=0.4, ratio_at_least=6).row()], ("a", "b", "c", "d", "e")))

    assert readme.read_text(encoding="utf-8") == (
        "before\n<!-- benchmarks -->\n| a | b | c | d | e |\n| --- | --- | --- | --- | --- |\n"
        "| scan |  | 0.5 s | ≤ 0.4 s, ≥ 6 × | 5 × |\n<!-- /benchmarks -->\nafter\n"
    )


def test_a_readme_without_markers_stays_as_it_is(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("no table here\n", encoding="utf-8")

    write(readme, "table")

    assert readme.read_text(encoding="utf-8") == "no table here\n"


def test_the_percentile_is_the_nearest_rank() -> None:
    values = list(range(1, 101))

    assert (percentile(values, 50), percentile(values, 99), percentile(values, 100)) == (50, 99, 100)


def test_warm_repetitions_are_not_counted() -> None:
    calls = []

    sample = repeat(lambda: calls.append(1), 3, warm=2)

    assert (len(calls), len(sample.seconds)) == (5, 3)
