"""Addresses of the whole product, and who draws the pages of failures."""

from django.urls import include, path

from helpdesk.watching import views as watching

urlpatterns = [
    path("readyz", watching.readyz, name="readyz"),
    path("metrics", watching.metrics_view, name="metrics"),
    path("", include("api.urls")),
    path("", include("web.urls")),
]

handler400 = "helpdesk.faces.bad_request"
handler403 = "helpdesk.faces.forbidden"
handler404 = "helpdesk.faces.not_found"
handler429 = "helpdesk.faces.too_many"
handler500 = "helpdesk.faces.server_error"
