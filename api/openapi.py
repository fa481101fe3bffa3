"""The OpenAPI document: drawn from the views, once per language and process."""

from functools import lru_cache
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from api.problems import MEDIA_TYPE
from api.shapes import ProblemSerializer

ALWAYS: Final = (401, 403, 405, 429)
_WORDS: Final = {
    400: _("Malformed or not valid"),
    401: _("Nobody is signed in, or the token opens nothing"),
    403: _("Not among your rights, or not among those of the token"),
    404: _("It does not exist, or you may not see it"),
    405: _("This method is not answered here"),
    409: _("A rule of the contract or of the case does not allow it now, or the same call is under way"),
    412: _("Somebody changed it since it was read"),
    413: _("Too large"),
    415: _("This type of content is not read here"),
    422: _("It can be read but not carried out: a case that cannot be computed, a key that belongs to another call"),
    428: _("The header If-Match is missing"),
    429: _("Too many calls: wait as the header Retry-After says"),
}


def problems(*statuses: int) -> dict[Any, OpenApiResponse]:
    """The refusals of an operation, with those that every operation has."""
    return {
        (status, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, description=_WORDS[status])
        for status in sorted({*statuses, *ALWAYS})
    }


KEYED: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description=_("A name of your own for this call: sent again under it, the call is answered as the first time."),
)
VERSIONED: Final = OpenApiParameter(
    "If-Match",
    {"type": "string", "maxLength": 400},
    OpenApiParameter.HEADER,
    description=_("The ETag of the ticket as you read it; missing: 428. Messages written since do not matter."),
)
TAGGED: Final = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201],
    description=_("The version of the ticket, for If-Match."),
)


@lru_cache(maxsize=4)
def document(language: str) -> dict[str, Any]:
    """The whole document, with its sentences in ``language``. Callers do not change it."""
    with override(language):
        generator = SchemaGenerator(urlconf="api.urls")  # type: ignore[no-untyped-call]
        found: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found
