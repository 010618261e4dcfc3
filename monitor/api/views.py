"""Instruments and candles over REST, the schema with its browsable page, and the answer to unknown paths."""

from typing import Any

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import Resolver404, resolve
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitor.api.filters import InstrumentFilterSet
from monitor.api.parameters import StrictParametersMixin
from monitor.api.schema import INSTRUMENT_PARAMETERS, KLINE_PARAMETERS, errors
from monitor.api.serializers import ChartSerializer, InstrumentSerializer, KlineQuerySerializer
from monitor.domain.enums import Interval, MarketType
from monitor.models import Instrument
from monitor.selectors.market import KlineWindow, get_instrument, list_instruments, read_klines


@extend_schema(parameters=INSTRUMENT_PARAMETERS, responses={200: InstrumentSerializer, **errors(400, 404)})
class InstrumentListView(StrictParametersMixin, ListAPIView[Instrument]):
    """Instruments by market and symbol."""

    queryset = list_instruments()
    serializer_class = InstrumentSerializer
    filterset_class = InstrumentFilterSet


class KlineListView(StrictParametersMixin, GenericAPIView[Any]):
    """Closed candles of one instrument for a chart, oldest first."""

    own_parameters = tuple(KlineQuerySerializer().fields)
    serializer_class = ChartSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(parameters=KLINE_PARAMETERS, responses={200: ChartSerializer, **errors(400, 404)})
    def get(self, request: Request) -> Response:
        query = KlineQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        try:
            instrument = get_instrument(wanted["symbol"], MarketType(wanted["market_type"]))
        except Instrument.DoesNotExist as error:
            raise NotFound(str(error)) from error
        window = KlineWindow(
            Interval(wanted["interval"]), wanted.get("start_time"), wanted.get("end_time"), wanted["limit"]
        )
        chart = read_klines(instrument, window)
        body = {
            "symbol": instrument.symbol,
            "display_symbol": instrument.display_symbol,
            "market_type": instrument.market_type,
            "interval": window.interval.value,
            "is_truncated": chart.is_truncated,
            "klines": chart.klines,
        }
        return Response(self.get_serializer(body).data)


class SchemaView(SpectacularAPIView):
    """The OpenAPI description."""


class DocsView(SpectacularSwaggerSplitView):
    """The browsable API page: no inline script or style, nothing from another host."""

    template_name = "api/docs.html"


class UnknownPathView(APIView):
    """An API path that does not exist: the usual envelope, or the way to the same path with its slash."""

    permission_classes = (AllowAny,)
    throttle_classes = ()
    schema = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method in {"GET", "HEAD"} and _exists(f"{request.path_info}/"):
            return HttpResponseRedirect(request.get_full_path(force_append_slash=True))
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound(f"There is no {request.path}; /api/docs/ shows what there is.")


def _exists(path: str) -> bool:
    try:
        view = resolve(path).func
    except Resolver404:
        return False
    return getattr(view, "cls", None) is not UnknownPathView
