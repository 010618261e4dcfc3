"""docs/simulator.md tells the truth."""

import json
import re

import pytest

from simulator import futures, spot
from simulator.errors import UsageError
from simulator.faults import KINDS, parse_rule
from simulator.market.synthetic import SyntheticMarket
from tests.conftest import ROOT
from tests.unit.simulator.conftest import NOW_MS

pytestmark = pytest.mark.unit

TEXT = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
RULES = [json.loads(rule) for rule in re.findall(r"^\| `(\{.*?\})` \|", TEXT, re.MULTILINE)]


def test_every_kind_of_fault_has_one_example_that_works():
    assert sorted(rule["kind"] for rule in RULES) == sorted(KINDS)
    for rule in RULES:
        parse_rule(rule, 1)


def test_a_rule_with_a_mistake_would_have_been_noticed():
    with pytest.raises(UsageError):
        parse_rule({**RULES[0], "latency_ms": "50"}, 1)


def test_every_route_is_named():
    for path in [*spot.ROUTES, *futures.ROUTES]:
        name = path.split("/", 3)[3]
        assert f"`{name}`" in TEXT or path in TEXT


def test_the_numbers_of_instruments_are_right(market: SyntheticMarket):
    on = NOW_MS // 86_400_000 // 70 * 70 * 86_400_000  # a day on which all that come and go are listed
    counts = [len(market.listings(name, on)) for name in ("spot", "futures")]
    assert f"{counts[0]} spot pairs and {counts[1]} contracts" in TEXT
    assert f"{counts[0]} spot, {counts[1]} futures" in TEXT
