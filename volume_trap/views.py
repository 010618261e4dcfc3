"""Pages of the volume-trap scanner."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from volume_trap.models import VolumeTrapMonitor
from volume_trap.pages import trap_detail_page, trap_list_page


@require_safe
@login_required
def trap_list(request: HttpRequest) -> HttpResponse:
    """The pool of monitors; all filters are in the address."""
    return render(request, "volume_trap/list.html", trap_list_page(request.GET, timezone.now()))


@require_safe
@login_required
def trap_detail(request: HttpRequest, monitor_id: int) -> HttpResponse:
    """One monitor: chart, detectors, timeline."""
    try:
        context = trap_detail_page(monitor_id)
    except VolumeTrapMonitor.DoesNotExist as error:
        raise Http404(_("There is no volume trap with this number.")) from error
    return render(request, "volume_trap/detail.html", context)
