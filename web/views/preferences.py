"""Language, appearance and time zone. The first two are kept in cookies, also for people who are not signed in; mails
follow the chosen language and zone."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext

from accounts.access import for_staff, public, signed_in
from accounts.errors import Invalid
from accounts.requests import ActingRequest
from accounts.services import choose_language, choose_time_zone
from notifications.watching import has_mails
from web.appearance import COOKIE_SECONDS, THEMES, keep_keys, keep_theme
from web.errors import error_page
from web.methods import only
from web.redirects import SeeOther, next_of
from web.zones import zone_choices, zone_names


@signed_in
@only("GET")
def preferences(request: ActingRequest) -> HttpResponse:
    """GET /settings/: how the reader wants to be shown and told things."""
    chosen = request.actor.time_zone
    context = {"zones": zone_choices(chosen), "chosen": chosen, "watching_mails": has_mails(request.actor)}
    return render(request, "account/preferences.html", context)


@signed_in
@only("POST")
def set_time_zone(request: ActingRequest) -> HttpResponse:
    """POST /settings/time-zone/ with `time_zone`, an IANA name of those offered."""
    chosen = request.POST.get("time_zone", "")
    if chosen not in zone_names():
        raise Invalid({"time_zone": [gettext("This time zone is not offered.")]})
    assert request.actor.user_id is not None  # somebody who signed in has an account
    choose_time_zone(user_id=request.actor.user_id, time_zone=chosen)
    messages.success(request, gettext("Times are now shown for the zone that you chose."))
    return SeeOther(next_of(request, "/settings/"))


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


@for_staff
@only("POST")
def set_keys(request: ActingRequest) -> HttpResponse:
    """POST /settings/keys/ with `keys`: on or off."""
    wanted = request.POST.get("keys", "")
    if wanted not in {"on", "off"}:
        raise Invalid({"keys": [gettext("Choose one of those offered.")]})
    response = SeeOther(next_of(request, "/settings/"))
    keep_keys(response, wanted == "on")
    told = gettext("Single keys act again.") if wanted == "on" else gettext("Single keys no longer act.")
    messages.success(request, told)
    return response
