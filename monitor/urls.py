"""Pages of the shared kernel."""

from django.urls import URLPattern, path
from django.views.generic import RedirectView

from monitor import views

urlpatterns: list[URLPattern] = [
    path("", RedirectView.as_view(pattern_name="trap-list", query_string=True), name="home"),
    path("instruments/", views.instrument_list, name="instrument-list"),
    path("instruments/<str:market_type>/<str:symbol>/", views.instrument_detail, name="instrument-detail"),
    path("jobs/", views.job_list, name="job-list"),
]
