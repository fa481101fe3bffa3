"""The interface for programs."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """JSON over HTTP, beside the pages and over the same services."""

    name = "api"
    verbose_name = "API"
