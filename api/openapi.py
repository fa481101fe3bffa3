"""The OpenAPI document: drawn from the views, once per language and process."""

from functools import lru_cache
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiResponse

from api.problems import MEDIA_TYPE
from api.shapes import ProblemSerializer

ALWAYS: Final = (401, 403, 405, 429)
_WORDS: Final = {
    400: _("Malformed or not valid"),
    401: _("Nobody is signed in, or the token opens nothing"),
    403: _("Not among your rights, or not among those of the token"),
    404: _("It does not exist, or you may not see it"),
    405: _("This method is not answered here"),
    413: _("Too large"),
    415: _("Not JSON"),
    422: _("The case cannot be computed"),
    429: _("Too many calls: wait as the header Retry-After says"),
}


def problems(*statuses: int) -> dict[Any, OpenApiResponse]:
    """The refusals of an operation, with those that every operation has."""
    return {
        (status, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, description=_WORDS[status])
        for status in sorted({*statuses, *ALWAYS})
    }


@lru_cache(maxsize=4)
def document(language: str) -> dict[str, Any]:
    """The whole document, with its sentences in ``language``. Callers do not change it."""
    with override(language):
        generator = SchemaGenerator(urlconf="api.urls")  # type: ignore[no-untyped-call]
        found: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found
