"""One form, one service: what was typed is shown again with what is wrong, and nothing is written."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from accounts.errors import Invalid, Refused
from web.forms.acts import show_errors
from web.redirects import SeeOther

Result = TypeVar("Result")
REFUSED = 422


def carried_out(
    form: forms.Form, work: Callable[[Mapping[str, Any]], Result], renamed: Mapping[str, str] | None = None
) -> Result | None:
    """What the service made of a valid form; None where it refused, with its reasons in the form.

    The page then answers with ``REFUSED``, which takes back whatever was written before the refusal.
    """
    if not form.is_valid():
        return None
    try:
        return work(form.cleaned_data)
    except Invalid as error:
        show_errors(form, error, renamed)
    except Refused as error:
        form.add_error(None, f"{error.message} ({error.clause})" if error.clause else error.message)
    return None


def done(request: HttpRequest, words: str, address: str) -> SeeOther:
    """On to ``address``, whose page says what was done."""
    messages.success(request, words)
    return SeeOther(address)
