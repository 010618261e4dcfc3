"""Runs every benchmark, judges the promises and writes the table of results into the READMEs."""

import importlib
import json
import pkgutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import benchmarks
from benchmarks.calibrate import machine_factor
from benchmarks.harness import DATABASES, EXIT_SKIPPED, ROOT

_FRAME = {"harness", "calibrate", "report"}
_EACH_DATABASE = tuple(("--database", kind) for kind in DATABASES)
_TIMES = {"s", "ms"}
_OPENING, _CLOSING = "<!-- benchmarks -->", "<!-- /benchmarks -->"
_HEADINGS = {
    "README.md": ("what", "database", "measured", "promised", "against the plain design"),
    "README.zh-CN.md": ("项目", "数据库", "实测", "承诺", "相对朴素实现"),
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """One printed line, with the machine factor at the time it was measured."""

    line: dict[str, Any]
    factor: float

    def broken_promises(self) -> list[str]:
        """Sentences about what is slower or larger than promised; times and rates are scaled."""
        name, value, ratio = self.line["name"], self.line["value"], self.line["ratio"]
        found = []
        most, least = self._scaled("at_most"), self._scaled("at_least")
        if most is not None and value > most:
            found.append(f"{name}: {value:g} {self.line['unit']} is more than {most:.4g}")
        if least is not None and value < least:
            found.append(f"{name}: {value:g} {self.line['unit']} is less than {least:.4g}")
        wanted = self.line.get("ratio_at_least")
        if wanted is not None and (ratio is None or ratio < wanted):
            found.append(f"{name}: {ratio} times the plain design is less than {wanted:g}")
        return found

    def _scaled(self, key: str) -> float | None:
        limit, unit = self.line.get(key), self.line["unit"]
        if limit is None:
            return None
        slower = max(1.0, self.factor)
        if unit in _TIMES:
            return float(limit) * slower
        return float(limit) / slower if unit.endswith("/s") else float(limit)

    def row(self) -> tuple[str, str, str, str, str]:
        unit, ratio = self.line["unit"], self.line["ratio"]
        limits = [(sign, self.line[key]) for sign, key in (("≤", "at_most"), ("≥", "at_least")) if key in self.line]
        promised = " ".join(f"{sign} {limit:,g} {unit}" for sign, limit in limits)
        if "ratio_at_least" in self.line:
            promised = f"{promised}, ≥ {self.line['ratio_at_least']:g} ×".lstrip(", ")
        return (
            str(self.line["name"]),
            str(self.line.get("database", "")),
            f"{self.line['value']:,g} {unit}",
            promised,
            "" if ratio is None else f"{ratio:g} ×",
        )


def names() -> list[str]:
    """Every module here that reports measurements, sorted; the others make data for them."""
    found = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if not module.ispkg)
    return [name for name in found if name not in _FRAME and hasattr(_module(name), "report")]


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"benchmarks.{name}")


def measure(name: str) -> list[Measurement] | None:
    """Run one benchmark with each of its argument lists; None without the data it needs. A failure ends it all."""
    found = []
    for words in getattr(_module(name), "RUNS", _EACH_DATABASE):
        factor = machine_factor()
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode == EXIT_SKIPPED:
            return None
        if done.returncode != 0:
            raise SystemExit(f"benchmarks.{name} {' '.join(words)} ended with code {done.returncode}")
        print(done.stdout, end="", flush=True)
        found += [Measurement(json.loads(line), factor) for line in done.stdout.splitlines()]
    return found


def table(rows: list[tuple[str, str, str, str, str]], headings: tuple[str, ...]) -> str:
    """A Markdown table."""
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def write(path: Path, text: str) -> None:
    """Replace what stands between the two markers of a README; a README without them stays as it is."""
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    if _OPENING not in page or _CLOSING not in page:
        return
    head, _, rest = page.partition(_OPENING)
    tail = rest.partition(_CLOSING)[2]
    path.write_text(f"{head}{_OPENING}\n{text}\n{_CLOSING}{tail}", encoding="utf-8")


def main(wanted: list[str]) -> int:
    """Measure all benchmarks, or those named; the READMEs change only when all were measured."""
    measured = {name: measure(name) for name in wanted or names()}
    results = [measurement for found in measured.values() for measurement in found or []]
    skipped = [name for name, found in measured.items() if found is None]
    if not wanted and not skipped:
        rows = [measurement.row() for measurement in results]
        for file_name, headings in _HEADINGS.items():
            write(ROOT / file_name, table(rows, headings))
    broken = [sentence for measurement in results for sentence in measurement.broken_promises()]
    for sentence in broken:
        print(f"PROMISE BROKEN  {sentence}", file=sys.stderr)
    for name in skipped:
        print(f"SKIPPED  {name}: it needs recorded market data", file=sys.stderr)
    print(f"{len(results)} measurements, {len(broken)} promises broken, {len(skipped)} skipped", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
