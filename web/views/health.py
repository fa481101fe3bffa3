"""For machines that watch the service."""

from django.http import HttpRequest, HttpResponse

from accounts.access import public
from web.methods import only


@public(transaction=False)
@only("GET")
def healthz(request: HttpRequest) -> HttpResponse:
    """GET /healthz: this process answers. Asks nobody else."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
