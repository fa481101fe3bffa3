"""The pages that people see."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Server-rendered pages for staff and customers."""

    name = "web"
    verbose_name = "Web pages"
