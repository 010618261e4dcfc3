"""REST routes: one include per app, and the schema that describes them."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
