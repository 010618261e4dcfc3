"""Pages of the volume-trap scanner."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
