"""Pages of the shared kernel: instruments and job history."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template import loader
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from monitor.context_processors import market
from monitor.domain.enums import Interval, MarketType
from monitor.models import Instrument
from monitor.selectors.jobs import last_runs
from monitor.selectors.market import get_instrument, list_instruments, search_instruments

INSTRUMENTS_PER_PAGE = 50


@require_safe
@login_required
def instrument_list(request: HttpRequest) -> HttpResponse:
    """Every instrument, searchable by part of its symbol."""
    text = request.GET.get("q", "").strip()
    instruments = search_instruments(list_instruments(), text) if text else list_instruments()
    page = Paginator(instruments, INSTRUMENTS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "monitor/instrument_list.html", {"page": page, "text": text})


@require_safe
@login_required
def instrument_detail(request: HttpRequest, market_type: str, symbol: str) -> HttpResponse:
    """One instrument with its candles."""
    try:
        instrument = get_instrument(symbol, MarketType(market_type))
    except (ValueError, Instrument.DoesNotExist) as error:
        raise Http404(_("This instrument is not known.")) from error
    wanted = request.GET.get("interval")
    interval = wanted if wanted in set(Interval) else Interval.H4.value
    context = {"instrument": instrument, "interval": interval, "intervals": [i.value for i in Interval]}
    return render(request, "monitor/instrument_detail.html", context)


@require_safe
@login_required
def job_list(request: HttpRequest) -> HttpResponse:
    """The last run of every job."""
    return render(request, "monitor/job_list.html", {"runs": last_runs(timezone.now())})


def server_error(request: HttpRequest) -> HttpResponse:
    """The last resort: no session, no database, only what the market's name needs."""
    return HttpResponseServerError(loader.get_template("500.html").render(market(request)))
