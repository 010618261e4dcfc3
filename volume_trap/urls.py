"""Pages of the volume-trap scanner."""

from django.urls import URLPattern, path

from volume_trap import views

urlpatterns: list[URLPattern] = [
    path("traps/", views.trap_list, name="trap-list"),
    path("traps/<int:monitor_id>/", views.trap_detail, name="trap-detail"),
]
