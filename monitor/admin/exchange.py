"""Exchanges: the one table a person may edit."""

from django.contrib import admin
from django.db import models
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import link_to_list
from monitor.models import Exchange, Instrument


@admin.register(Exchange)
class ExchangeAdmin(admin.ModelAdmin):
    list_display = ["name", "code", "enabled", "instruments"]
    list_filter = ["enabled"]
    search_fields = ["name", "code"]
    show_full_result_count = False
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    @admin.display(description=_("instruments"))
    def instruments(self, exchange: Exchange) -> SafeString:
        return link_to_list(Instrument, str(_("instruments")), exchange__id__exact=exchange.pk)
