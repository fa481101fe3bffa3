"""One line per event on standard error: readable for a person, or JSON for a collector (``HELPDESK_LOGS=json``)."""

import sys
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured

SHAPES = ("line", "json")
_BEFORE: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.ExtraAdder(),
]


def configuration(shape: str, level: str) -> dict[str, Any]:
    """Django's LOGGING. Whatever was bound to the request (its number, who asks) is in every line of it.

    Raises ImproperlyConfigured for a shape that does not exist.
    """
    if shape not in SHAPES:
        raise ImproperlyConfigured(f"HELPDESK_LOGS is {shape!r}; it must be one of {', '.join(SHAPES)}.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "shape": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _BEFORE,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_drawn(shape)],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "shape"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            # Said once per request by helpdesk.requests, with its number.
            "django.request": {"level": "ERROR"},
        },
    }


def _harmless(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """What others sent may not speak to the terminal in which the line is read."""
    return {
        key: _visible(value) if isinstance(value, str) and key != "exception" else value for key, value in event.items()
    }


def _visible(text: str) -> str:
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _drawn(shape: str) -> list[Any]:
    if shape == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    plain = structlog.dev.plain_traceback
    return [_harmless, structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain, pad_event_to=0)]
