"""Admin pages of tables that only services write: to look at, with a cost that does not grow with the table."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from monitor.domain.money import plain_decimal

COUNT_CAP = 10_000


class CappedPaginator(Paginator):
    """Counts to 10,000 and no further; what lies beyond is reached by search and filters."""

    @cached_property
    def count(self) -> int:
        if isinstance(self.object_list, QuerySet):
            return self.object_list.order_by()[:COUNT_CAP].count()
        return len(self.object_list)


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows can be searched and opened, never added, changed or deleted by hand."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SymbolSearchAdmin(ReadOnlyAdmin):
    """Found by the exchange's symbol, written either way."""

    search_help_text = _("A whole symbol, such as BTCUSDT or BTC/USDT.")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, search_term.replace("/", ""))


class ReadOnlyInline(admin.TabularInline):
    """The rows that belong to the one shown."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def link_to(row: Model, text: str | None = None) -> SafeString:
    """A link to the admin page of ``row``."""
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, text or str(row))


def link_to_list(model: type[Model], text: str, **filters: object) -> SafeString:
    """A link to the admin list of ``model`` narrowed by ``filters``."""
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return format_html('<a href="{}?{}">{}</a>', url, urlencode(filters), text)


def plain(field: str, description: Any) -> Callable[[Any], str]:
    """A list column that shows a decimal without exponent and idle zeros."""

    @admin.display(description=description)
    def column(row: Any) -> str:
        value = getattr(row, field)
        return "–" if value is None else plain_decimal(value)

    # The admin tells columns of one page apart by name.
    column.__name__ = f"plain_{field}"
    return column
