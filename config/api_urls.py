"""REST routes: one include per app, the schema that describes them, and an answer for every other path."""

from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, URLResolver, include, path, re_path

from monitor.api.views import DocsView, SchemaView, UnknownPathView

urlpatterns: list[URLPattern | URLResolver] = [
    path("volume-trap/", include("volume_trap.api.urls")),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", login_required(DocsView.as_view(url_name="schema")), name="api-docs"),
    re_path("", UnknownPathView.as_view(), name="api-unknown-path"),
]
