"""One monitor: its chart's setup, the detectors against their limits, the timeline, and the way to others."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories.volume_trap import IndicatorsFactory, MonitorFactory, MonitorWithHistoryFactory, TransitionFactory
from volume_trap.domain.enums import TrapStatus
from volume_trap.models import VolumeTrapMonitor

pytestmark = pytest.mark.django_db


def page(browser: Client, monitor: VolumeTrapMonitor) -> Any:
    return browser.get(f"/traps/{monitor.pk}/")


def chart(browser: Client, monitor: VolumeTrapMonitor) -> dict[str, Any]:
    return page(browser, monitor).context["chart"]


def test_the_chart_is_given_every_decided_candle_and_both_levels(browser: Client) -> None:
    monitor = MonitorWithHistoryFactory(status=TrapStatus.CONFIRMED.value)
    setup = chart(browser, monitor)

    assert [(mark["kind"], mark["time"]) for mark in setup["marks"]] == [
        ("trigger", int(monitor.trigger_time.timestamp())),
        ("suspected_abandonment", int(monitor.suspected_at.timestamp())),
        ("confirmed_abandonment", int(monitor.confirmed_at.timestamp())),
    ]
    assert {line["kind"]: Decimal(line["price"]) for line in setup["lines"]} == {
        "trigger_price": monitor.trigger_price,
        "key_level": monitor.trigger_kline_low,
    }


def test_the_candles_asked_for_surround_the_whole_life(browser: Client) -> None:
    monitor = MonitorWithHistoryFactory(status=TrapStatus.INVALIDATED.value)
    query = parse_qs(urlsplit(chart(browser, monitor)["klines_url"]).query)

    assert query["symbol"] == [monitor.instrument.symbol]
    assert datetime.fromisoformat(query["start_time"][0]) < monitor.trigger_time - timedelta(days=10)
    assert datetime.fromisoformat(query["end_time"][0]) > monitor.invalidated_at


def test_a_recovery_years_later_does_not_push_the_trigger_out_of_the_chart(browser: Client) -> None:
    trigger = datetime(2020, 1, 1, tzinfo=UTC)
    monitor = MonitorFactory(
        trigger_time=trigger, interval="1h", status="invalidated", invalidated_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    query = parse_qs(urlsplit(chart(browser, monitor)["klines_url"]).query)
    start, end = (datetime.fromisoformat(query[name][0]) for name in ("start_time", "end_time"))

    assert start < trigger
    assert (end - start) / timedelta(hours=1) < 5000


def test_the_candle_address_is_one_that_the_api_answers(browser: Client) -> None:
    monitor = MonitorWithHistoryFactory()

    answer = browser.get(chart(browser, monitor)["klines_url"])
    assert answer.status_code == 200
    assert answer.json()["klines"] == []


def test_eight_detectors_are_shown_with_their_limits(browser: Client) -> None:
    stages = page(browser, MonitorWithHistoryFactory(status=TrapStatus.CONFIRMED.value)).context["stages"]
    detectors = [detector for stage in stages for detector in stage.detectors]

    assert len(detectors) == 8
    assert all(stage.snapshot for stage in stages)
    assert [condition.limit for condition in detectors[0].conditions] == [8.0]


@pytest.mark.parametrize(
    ("field", "value", "passed"),
    [("rvol_ratio", 8.0, True), ("rvol_ratio", 7.999999, False), ("upper_shadow_percent", 50.0, True)],
)
def test_a_limit_counts_as_the_evaluator_counts_it(field: str, value: float, passed: bool, browser: Client) -> None:
    indicators = IndicatorsFactory(**{field: value})
    discovery = page(browser, indicators.monitor).context["stages"][0]

    assert all(detector.passed for detector in discovery.detectors) is passed


def test_exactly_fifteen_percent_retention_is_not_passed(browser: Client) -> None:
    indicators = IndicatorsFactory(stage="confirmation", volume_retention_percent=15.0)
    confirmation = page(browser, indicators.monitor).context["stages"][1]

    assert not confirmation.detectors[0].passed


def test_a_limit_from_the_settings_is_the_one_shown(browser: Client, settings: Any) -> None:
    settings.VOLUME_TRAP = {"RVOL_THRESHOLD": "12.5"}
    answer = page(browser, IndicatorsFactory(rvol_ratio=9.25).monitor)

    assert "≥ 12.5" in answer.content.decode()
    assert not answer.context["stages"][0].detectors[0].passed


def test_a_decision_keeps_the_limits_it_was_made_with(browser: Client, settings: Any) -> None:
    monitor = IndicatorsFactory(rvol_ratio=9.25, upper_shadow_percent=51.0).monitor
    TransitionFactory(monitor=monitor, evidence={"thresholds": {"rvol_ratio": 8.5, "upper_shadow_percent": 50.0}})
    settings.VOLUME_TRAP = {"RVOL_THRESHOLD": "12.5", "UPPER_SHADOW_THRESHOLD": "0.9"}
    discovery = page(browser, monitor).context["stages"][0]

    assert discovery.detectors[0].conditions[0].limit == 8.5
    assert all(detector.passed for detector in discovery.detectors)


def test_stages_that_are_not_reached_say_so(browser: Client) -> None:
    assert page(browser, MonitorWithHistoryFactory()).content.decode().count("not reached") == 2


def test_the_timeline_is_in_order_and_shows_its_evidence(browser: Client) -> None:
    monitor = MonitorWithHistoryFactory(status=TrapStatus.SUSPECTED.value)
    text = page(browser, monitor).content.decode()

    assert text.index('<li class="is-pending"') < text.index('<li class="is-suspected_abandonment"')
    assert "volume retention %" in text


def test_evidence_of_any_shape_is_shown_as_text(browser: Client) -> None:
    monitor = MonitorFactory()
    TransitionFactory(monitor=monitor, evidence={"odd": {"deep": "<b>"}, "list": [1, None], "price": "0.00000012"})
    text = page(browser, monitor).content.decode()

    assert "<b>&" not in text
    assert "0.00000012" in text


def test_older_and_newer_monitors_of_the_same_series_are_linked(browser: Client) -> None:
    middle = MonitorFactory(trigger_time=datetime(2026, 3, 1, tzinfo=UTC))
    series = {"instrument": middle.instrument}
    older = MonitorFactory(**series, trigger_time=datetime(2026, 2, 1, tzinfo=UTC))
    newer = MonitorFactory(**series, trigger_time=datetime(2026, 4, 1, tzinfo=UTC))
    MonitorFactory(**series, interval="1h", trigger_time=datetime(2026, 3, 2, tzinfo=UTC))
    context = page(browser, middle).context

    assert (context["older"], context["newer"]) == (older, newer)


@pytest.mark.parametrize("is_staff", [True, False])
def test_only_staff_is_shown_the_way_to_the_administration(is_staff: bool, browser: Client, trader: User) -> None:
    User.objects.filter(pk=trader.pk).update(is_staff=is_staff)
    monitor = MonitorFactory()

    assert (
        f"/admin/volume_trap/volumetrapmonitor/{monitor.pk}/" in page(browser, monitor).content.decode()
    ) is is_staff
