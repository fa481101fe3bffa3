"""What all addresses of the API have in common."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.access import for_programs
from accounts.tenancy import Actor
from api.parsing import StrictJson, require_plain
from api.problems import Unfit, Violation, framework_answer


class OneWay(BaseContentNegotiation):
    """There is one form of answer, so nothing to negotiate: an odd Accept header refuses nobody."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        """The parser of the content type that was sent."""
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """The renderer and its media type."""
        renderer: BaseRenderer = renderers[0]
        return renderer, renderer.media_type


class ApiView(APIView):
    """A view that says which scope a token needs, and in ``query_fields`` what may stand behind the question mark.

    ``reads`` is that scope, ``writes`` the one for changes where it is another. Sessions need none: people have rights.

    Who calls is settled before, by ``accounts.programs`` and the unit of work: the framework authenticates nobody.
    """

    reads: ClassVar[str]
    writes: ClassVar[str] = ""
    query_fields: ClassVar[frozenset[str]] = frozenset()
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes: tuple[type[BaseParser], ...] = (StrictJson,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = OneWay
    metadata_class = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The view with its access mark; one that names no scope cannot be made."""
        return for_programs(cls.reads, cls.writes)(super().as_view(**initkwargs))

    def perform_authentication(self, request: Request) -> None:
        """Nothing: the framework would put a stranger in the place of who is known already."""

    def get_exception_handler(self) -> Any:
        """Problems, not the framework's own documents."""
        return framework_answer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what stands in the address and means nothing here: a filter that is ignored would answer too much."""
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS:
            require_plain(request.headers.get("Content-Encoding", ""))
        unknown = sorted(request.query_params.keys() - self.query_fields)[:10]
        wrong = [
            Violation("parameter", name[:80], "unknown", _("This parameter is not known here.")) for name in unknown
        ]
        for name, values in request.query_params.lists():
            if name in self.query_fields and len(values) > 1:
                wrong.append(Violation("parameter", name, "repeated", _("Give it once.")))
        if wrong:
            raise Unfit(wrong)

    @property
    def actor(self) -> Actor:
        """Who calls; the access mark makes certain that there is somebody."""
        return self.request.actor  # type: ignore[attr-defined]

    @property
    def at(self) -> datetime:
        """The one clock of the request."""
        return self.request.at  # type: ignore[attr-defined]

    @property
    def language(self) -> str:
        """The language of the reader: ``fr`` or ``en``."""
        return "fr" if (get_language() or "").startswith("fr") else "en"


def instant(at: datetime | None) -> str | None:
    """An instant as every answer writes it: in UTC, to the second.

    >>> instant(datetime(2026, 5, 4, 8, 0, tzinfo=UTC))
    '2026-05-04T08:00:00Z'
    """
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
