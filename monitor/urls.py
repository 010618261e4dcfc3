"""Pages of the shared kernel."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
