"""Language and appearance: kept in cookies, also for people who are not signed in; mails follow the chosen language."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext

from accounts.access import public
from accounts.errors import Invalid
from accounts.services import choose_language
from web.appearance import COOKIE_SECONDS, THEMES, keep_theme
from web.errors import error_page
from web.methods import only
from web.redirects import next_of


@public(transaction=False)
@only("POST")
def set_language(request: HttpRequest) -> HttpResponse:
    """POST /settings/language/ with `language`."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return error_page(request, Invalid({"language": [gettext("This language is not offered.")]}))
    if request.user.is_authenticated:
        choose_language(user_id=request.user.pk, language=language)
    translation.activate(language)
    response = redirect(next_of(request))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=COOKIE_SECONDS,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response


@public(transaction=False)
@only("POST")
def set_appearance(request: HttpRequest) -> HttpResponse:
    """POST /settings/appearance/ with `theme`: auto, light or dark."""
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        return error_page(request, Invalid({"theme": [gettext("This appearance is not offered.")]}))
    response = redirect(next_of(request))
    keep_theme(response, theme)
    return response
