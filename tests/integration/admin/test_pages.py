"""Every admin page opens with rows present, cannot write history, and costs the same however many rows there are."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from monitor.admin import base
from monitor.models import Exchange, Instrument
from tests.factories import monitor as market
from tests.factories import volume_trap as trap
from volume_trap.domain.enums import TrapStatus
from volume_trap.models import VolumeTrapMonitor

MAKERS: dict[str, Callable[..., Any]] = {
    "monitor.exchange": market.ExchangeFactory,
    "monitor.instrument": market.InstrumentFactory,
    "monitor.spotcontract": market.SpotInstrumentFactory,
    "monitor.futurescontract": market.InstrumentFactory,
    "monitor.kline": market.KlineFactory,
    "monitor.klinegap": market.KlineGapFactory,
    "monitor.seriescursor": market.SeriesCursorFactory,
    "monitor.workerlease": market.WorkerLeaseFactory,
    "monitor.jobrun": market.JobRunFactory,
    "volume_trap.volumetrapmonitor": trap.MonitorWithHistoryFactory,
    "volume_trap.volumetrapindicators": trap.IndicatorsFactory,
    "volume_trap.volumetrapstatetransition": trap.TransitionFactory,
}
SEARCHES = {"monitor.exchange": "binance", "monitor.workerlease": "job", "monitor.jobrun": "scan"}
READ_ONLY = sorted(set(MAKERS) - {"monitor.exchange"})
every_model = pytest.mark.parametrize("label", sorted(MAKERS))


def url(label: str, page: str, *args: Any) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{page}", args=args)


def make(label: str, number: int = 1) -> list[Model]:
    if label == "monitor.exchange":
        return [MAKERS[label](code=f"binance-{index}") for index in range(number)]
    return [MAKERS[label]() for _ in range(number)]


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_every_model_of_the_apps_has_an_admin_page():
    ours = {
        model._meta.label_lower for app in ("monitor", "volume_trap") for model in apps.get_app_config(app).get_models()
    }
    registered = {model._meta.label_lower for model in admin.site._registry}
    assert ours == set(MAKERS)
    assert ours <= registered


@every_model
def test_the_list_opens_with_rows(admin_client: Client, label):
    make(label, 2)
    response = admin_client.get(url(label, "changelist"))
    assert response.status_code == 200
    assert len(response.context["cl"].result_list) == 2


@every_model
def test_the_search_finds_a_row(admin_client: Client, label):
    row = make(label)[0]
    symbol = getattr(row, "symbol", None) or getattr(getattr(row, "instrument", None), "symbol", None)
    if symbol is None and hasattr(row, "monitor"):
        symbol = row.monitor.instrument.symbol
    text = SEARCHES.get(label) or f"{symbol.removesuffix('USDT')}/USDT".lower()
    found = admin_client.get(url(label, "changelist"), {"q": text}).context["cl"]
    assert [row.pk for row in found.result_list] == [row.pk]
    assert not admin_client.get(url(label, "changelist"), {"q": "nosuchthing"}).context["cl"].result_list


@every_model
def test_every_filter_opens(admin_client: Client, label):
    make(label)
    changelist = admin_client.get(url(label, "changelist")).context["cl"]
    assert changelist.filter_specs
    for spec in changelist.filter_specs:
        for choice in spec.choices(changelist):
            response = admin_client.get(url(label, "changelist") + choice["query_string"])
            assert response.status_code == 200, choice
            assert "e=1" not in response.request["QUERY_STRING"]


@every_model
def test_the_detail_opens(admin_client: Client, label):
    row = make(label)[0]
    assert admin_client.get(url(label, "change", row.pk)).status_code == 200


@every_model
def test_the_list_costs_the_same_with_more_rows(admin_client: Client, label):
    make(label, 2)
    address = url(label, "changelist")
    queries(admin_client, address)
    few = queries(admin_client, address)
    make(label, 6)
    assert queries(admin_client, address) == few


@every_model
def test_the_detail_costs_the_same_with_more_rows(admin_client: Client, label):
    row = make(label)[0]
    address = url(label, "change", row.pk)
    queries(admin_client, address)
    few = queries(admin_client, address)
    make(label, 6)
    assert queries(admin_client, address) == few


def test_the_detail_of_a_monitor_costs_the_same_with_more_history(admin_client: Client):
    first, last = (
        trap.MonitorWithHistoryFactory(status=status.value) for status in (TrapStatus.PENDING, TrapStatus.CONFIRMED)
    )
    label = "volume_trap.volumetrapmonitor"
    queries(admin_client, url(label, "change", first.pk))
    assert queries(admin_client, url(label, "change", last.pk)) == queries(admin_client, url(label, "change", first.pk))


@pytest.mark.parametrize("label", READ_ONLY)
def test_nothing_can_be_added_changed_or_deleted_by_hand(admin_client: Client, label):
    row = make(label)[0]
    assert admin_client.get(url(label, "add")).status_code == 403
    assert admin_client.post(url(label, "change", row.pk), {}).status_code == 403
    assert admin_client.post(url(label, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert type(row).objects.filter(pk=row.pk).exists()


def test_the_status_of_a_monitor_cannot_be_posted(admin_client: Client):
    monitor = trap.MonitorFactory()
    admin_client.post(
        url("volume_trap.volumetrapmonitor", "change", monitor.pk),
        {"status": "invalidated", "_fsm_transition_to": "invalidate"},
    )
    assert VolumeTrapMonitor.objects.get(pk=monitor.pk).status == "pending"


def test_an_exchange_can_be_switched_off(admin_client: Client):
    exchange = market.ExchangeFactory()
    address = url("monitor.exchange", "change", exchange.pk)
    response = admin_client.post(address, {"name": "Binance", "code": "binance", "announcement_url": ""})
    assert response.status_code == 302
    assert not Exchange.objects.get().enabled


def test_each_contract_page_shows_its_own_market(admin_client: Client):
    spot, futures = market.SpotInstrumentFactory(), market.InstrumentFactory()
    for label, row in (("monitor.spotcontract", spot), ("monitor.futurescontract", futures)):
        shown = admin_client.get(url(label, "changelist")).context["cl"].result_list
        assert [instrument.pk for instrument in shown] == [row.pk]


def test_monitor_instrument_and_transitions_link_to_each_other(admin_client: Client):
    monitor = trap.MonitorWithHistoryFactory()
    transition = monitor.transitions.get()
    instrument_page = url("monitor.instrument", "change", monitor.instrument_id)
    monitor_page = url("volume_trap.volumetrapmonitor", "change", monitor.pk)
    transition_page = url("volume_trap.volumetrapstatetransition", "change", transition.pk)
    transitions_of = url("volume_trap.volumetrapstatetransition", "changelist") + f"?monitor__id__exact={monitor.pk}"
    for address, targets in (
        (url("volume_trap.volumetrapmonitor", "changelist"), [instrument_page, transitions_of]),
        (monitor_page, [instrument_page, transition_page]),
        (url("volume_trap.volumetrapstatetransition", "changelist"), [monitor_page, instrument_page]),
    ):
        page = admin_client.get(address).content.decode()
        for target in targets:
            assert f'href="{target}' in page, (address, target)
    assert len(admin_client.get(transitions_of).context["cl"].result_list) == 1


def test_the_links_of_an_instrument_lead_to_its_candles_and_traps(admin_client: Client):
    kline = market.KlineFactory()
    trap.MonitorFactory(instrument=kline.instrument)
    market.KlineFactory()
    for label in ("monitor.kline", "volume_trap.volumetrapmonitor"):
        address = url(label, "changelist") + f"?instrument__id__exact={kline.instrument_id}"
        assert f'href="{address}"' in admin_client.get(url("monitor.instrument", "changelist")).content.decode()
        assert len(admin_client.get(address).context["cl"].result_list) == 1


def test_prices_are_shown_without_exponent_and_idle_zeros(admin_client: Client):
    market.InstrumentFactory(current_price="0.000000120000")
    assert ">0.00000012<" in admin_client.get(url("monitor.instrument", "changelist")).content.decode()


def test_the_count_stops_at_its_cap(db, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(base, "COUNT_CAP", 3)
    for _ in range(5):
        market.InstrumentFactory()
    with django_assert_num_queries(1) as captured:
        assert base.CappedPaginator(Instrument.objects.order_by("id"), 2).count == 3
    assert "LIMIT 3" in captured.captured_queries[0]["sql"]
