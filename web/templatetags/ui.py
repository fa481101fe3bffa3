"""Components of the pages: templates/components/README.md shows how each is used."""

import datetime as dt
import json
from functools import lru_cache
from html import escape
from typing import Any

from django import template
from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    ClearableFileInput,
    RadioSelect,
    Select,
    Textarea,
)
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from web.clockface import ClockFace, read_clock, running_words
from web.presenters.vocabulary import side_words
from web.templatetags.moments import exactly

register = template.Library()

STATE_LOOKS = {
    "new": ("blue", "circle-dashed"),
    "open": ("blue", "circle-dashed"),
    "filed": ("blue", "circle-dashed"),
    "taken": ("blue", "circle-half-2"),
    "assigned": ("blue", "circle-half-2"),
    "in_progress": ("blue", "circle-half-2"),
    "waiting": ("violet", "player-pause"),
    "waiting_customer": ("violet", "player-pause"),
    "awaiting_customer": ("violet", "player-pause"),
    "pending": ("violet", "player-pause"),
    "resolved": ("green", "circle-check"),
    "closed": ("grey", "lock"),
    "cancelled": ("grey", "ban"),
    "rejected": ("grey", "ban"),
    "reopened": ("orange", "rotate"),
}
SEVERITY_TONES = {1: "red", 2: "orange", 3: "amber", 4: "grey"}
SEVERITY_BARS = 4
ALERT_LOOKS = {
    "info": ("blue", "info-circle"),
    "success": ("green", "circle-check"),
    "warning": ("amber", "alert-triangle"),
    "error": ("red", "alert-octagon"),
    "private": ("amber", "lock"),
    "neutral": ("grey", "info-circle"),
}


# Small parts come back by the dozen on every page, the same ones each time. Plain and safe strings look alike to a
# dictionary, hence ``typed``.
_kept = lru_cache(maxsize=1024, typed=True)


@register.simple_tag
@_kept
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon of the sprite. Silent for screen readers unless it has a label."""
    address = f"{static('icons/sprite.svg')}#{name}"
    spoken = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html('<svg class="icon {}" {}><use href="{}"></use></svg>', css, spoken, address)


@register.simple_tag
@_kept
def badge(text: str, tone: str = "grey", icon_name: str = "", title: str = "") -> SafeString:
    """A word on a tone, with an icon when one is named."""
    picture = icon(icon_name) if icon_name else ""
    about = format_html(' title="{}"', title) if title else ""
    return format_html('<span class="badge tone-{}"{}>{}<span>{}</span></span>', tone, about, picture, text)


@register.simple_tag
@_kept
def state_badge(state: str, label: str) -> SafeString:
    """The state of a ticket; `label` is its word in this contract's vocabulary."""
    tone, icon_name = STATE_LOOKS.get(state, ("grey", "circle-dot"))
    return badge(label, tone, icon_name)


@register.simple_tag
@_kept
def severity(rank: int | None, label: str) -> SafeString:
    """Bars (four filled = gravest) and the word. `rank` counts from 1, the gravest."""
    place = min(max(int(rank or SEVERITY_BARS), 1), SEVERITY_BARS)
    filled = SEVERITY_BARS + 1 - place
    bars = format_html_join("", '<i class="{}"></i>', (("on" if n < filled else "",) for n in range(SEVERITY_BARS)))
    return format_html(
        '<span class="severity severity--{} tone-{}">'
        '<span class="severity__bars" aria-hidden="true">{}</span>{}</span>',
        place,
        SEVERITY_TONES[place],
        bars,
        label,
    )


@register.simple_tag
def clock(state: Any, at: dt.datetime, met_by: str = "", zone: str = "", column: bool = False) -> SafeString:
    """A countdown badge: see web.clockface. `met_by="contact"` words a met target as an answer."""
    return clock_badge(read_clock(state, at, answered=met_by == "contact"), f"deadline {zone}", column)


@register.simple_tag
def clock_badge(face: ClockFace, options: str, column: bool = False) -> SafeString:
    """A countdown that was read already; `options` are those of `exactly`."""
    # A list draws dozens of them: put together by hand, each word from outside escaped.
    kind = f"clock clock--{escape(face.kind)} tone-{escape(face.tone)}{' clock--column' if column else ''}"
    words = escape(face.words)
    if face.due_at is None:
        told = f'<span class="clock__words">{words}</span>'
    else:
        exact, instant = escape(exactly(face.due_at, options)), _iso(face.due_at)
        told = f'<time class="clock__words" datetime="{instant}" title="{exact}">{words}</time>'
    return mark_safe(f'<span class="{kind}"{_ticking(face)}>{icon(face.icon)}{told}</span>')


def _ticking(face: ClockFace) -> str:
    """What the script that refreshes countdowns needs."""
    if not face.running:
        return ""
    soon = f' data-soon="{_iso(face.soon_at)}"' if face.soon_at else ""
    return f' data-clock data-due="{_iso(face.due_at)}"{soon}'


def _iso(at: dt.datetime | None) -> str:
    return localtime(at).isoformat() if at else ""


@register.inclusion_tag("components/_clock_card.html", takes_context=True)
def clock_card(
    context: Context,
    state: Any,
    at: dt.datetime,
    name: str,
    target: str = "",
    zone: str = "",
    why_url: str = "",
    clause: str = "",
    met_by: str = "",
) -> dict[str, Any]:
    """A clock with its name, its deadline in full, a gauge and the door to its reckoning."""
    face = read_clock(state, at, answered=met_by == "contact")
    return {
        "face": face,
        "options": f"deadline {zone}",
        "name": name,
        "why_url": why_url,
        "clause": clause,
        "target": target,
        "clauses_url": context.get("clauses_url"),
    }


@register.simple_tag
def countdown_words() -> str:
    """The words that the refreshing script needs, as JSON for an attribute of the body."""
    return json.dumps(running_words(), ensure_ascii=False)


@register.simple_tag(takes_context=True)
def clause(context: Context, identifier: str) -> SafeString | str:
    """The number of a clause, as a small label. On pages under one contract (``clauses_url``) it leads to its words."""
    if not identifier:
        return ""
    if not (address := context.get("clauses_url")):
        return format_html('<span class="clause">{}</span>', identifier)
    return format_html('<a class="clause" href="{}#{}">{}</a>', address, identifier, identifier)


@register.filter
def initials(name: str | None) -> str:
    """Up to two letters for an avatar: first and last word of the name."""
    words = [word for word in (name or "").split() if word[0].isalnum()]
    if not words:
        return "?"
    chosen = words[:1] if len(words) == 1 else [words[0], words[-1]]
    return "".join(word[0] for word in chosen).upper()


@register.simple_tag
@_kept
def avatar(name: str | None, side: str = "customer", size: str = "") -> SafeString:
    """Initials in a circle (customer) or a square (staff): the shape tells the sides apart."""
    classes = ["avatar"]
    classes += ["avatar--staff"] if side in ("provider", "staff") else []
    classes += [f"avatar--{size}"] if size else []
    classes += [] if name else ["avatar--nobody"]
    letters = initials(name) if name else ""
    return format_html('<span class="{}" aria-hidden="true">{}</span>', " ".join(classes), letters)


@register.simple_tag
@_kept
def person(name: str | None, side: str = "customer", nobody: str = "—", size: str = "s") -> SafeString:
    """Avatar and name in one line; `nobody` is what an empty name says."""
    picture = avatar(name, side, size)
    css = "truncate" if name else "faint"
    return format_html('<span class="person">{}<span class="{}">{}</span></span>', picture, css, name or nobody)


@register.simple_tag
def side_name(side: str) -> str:
    """The side for which somebody acts, in a word."""
    return side_words(side)


# Forms ---------------------------------------------------------------------------------------------------------------
def _control_css(bound: BoundField) -> str:
    widget = bound.field.widget
    for kind, css in ((Textarea, "textarea"), (Select, "select"), (ClearableFileInput, "file")):
        if isinstance(widget, kind):
            return css
    return "file" if getattr(widget, "input_type", "") == "file" else "input"


def _described(bound: BoundField, hint: str) -> dict[str, str]:
    ids = [f"{bound.auto_id}-hint"] if hint else []
    attributes = {}
    if bound.errors:
        ids.append(f"{bound.auto_id}-error")
        attributes["aria-invalid"] = "true"
    if ids:
        attributes["aria-describedby"] = " ".join(ids)
    return attributes


def _context(bound: BoundField, hint: str, optional: bool | None) -> dict[str, Any]:
    hint = hint or str(bound.help_text or "")
    return {
        "bound": bound,
        "hint": hint,
        "described": (described := _described(bound, hint)),
        "described_by": described.get("aria-describedby", ""),
        "optional": (not bound.field.required) if optional is None else optional,
        "required": bound.field.required,
    }


@register.simple_tag
def field(bound: BoundField, hint: str = "", optional: bool | None = None, css: str = "", **extra: Any) -> SafeString:
    """Label, hint, error and control, tied together for screen readers.

    Extra keywords become attributes of the control (`placeholder="…"`; underscores turn into dashes).
    """
    context = _context(bound, hint, optional)
    attributes = {name.replace("_", "-"): value for name, value in extra.items()}
    if isinstance(bound.field.widget, CheckboxSelectMultiple):
        return render_to_string("components/_checks.html", {**context, "rows": list(bound)})
    if isinstance(bound.field.widget, RadioSelect):
        return choices(bound, hint=hint, optional=optional)
    if isinstance(bound.field.widget, CheckboxInput):
        context["control"] = bound.as_widget(attrs={**context["described"], **attributes})
        return render_to_string("components/_check.html", context)
    look = f"{_control_css(bound)} {css}".strip()
    context["control"] = bound.as_widget(attrs={"class": look, **context["described"], **attributes})
    return render_to_string("components/_field.html", context)


@register.simple_tag
def choices(
    bound: BoundField,
    details: dict[str, str] | None = None,
    hint: str = "",
    optional: bool | None = None,
    across: bool = False,
    ranks: dict[str, int] | None = None,
) -> SafeString:
    """Radio buttons as cards. `details` explains each value; `ranks` draws severity bars beside the word."""
    context = _context(bound, hint, optional)
    chosen = str(bound.value() if bound.value() is not None else "")
    rows = []
    for number, (value, label) in enumerate(bound.field.choices):  # type: ignore[attr-defined]
        key = str(value)
        if not key:
            continue
        rows.append(
            {
                "value": key,
                "label": label,
                "id": f"{bound.auto_id}_{number}",
                "checked": key == chosen,
                "details": (details or {}).get(key, ""),
                "rank": (ranks or {}).get(key),
            }
        )
    context.update(rows=rows, across=across)
    return render_to_string("components/_choices.html", context)


@register.simple_tag
def editor(
    bound: BoundField, hint: str = "", preview_url: str = "", private: bool = False, optional: bool | None = None
) -> SafeString:
    """A text area for markdown with a preview (works without JavaScript too, in a new window)."""
    context = _context(bound, hint, optional)
    context["control"] = bound.as_widget(attrs={"class": "textarea", "data-editor": "", **context["described"]})
    context.update(preview_url=preview_url, private=private)
    return render_to_string("components/_editor.html", context)


@register.inclusion_tag("components/_error_summary.html")
def error_summary(form: Any) -> dict[str, Any]:
    """What is wrong with the form, as links to the fields; takes the focus when the page opens."""
    return {"form": form, "wrong": [bound for bound in form if bound.errors] if form.errors else []}


# Blocks ---------------------------------------------------------------------------------------------------------------
@register.simple_block_tag
def card(content: str, title: str = "", icon_name: str = "", css: str = "", flush: bool = False) -> str:
    """`{% card title=… %}…{% endcard %}`: a framed part of the page, with a heading of level 2."""
    context = {"content": content, "title": title, "icon_name": icon_name, "css": css, "flush": flush}
    return render_to_string("components/_card.html", context)


@register.simple_block_tag
def alert(content: str, kind: str = "info", title: str = "", role: str = "") -> str:
    """`{% alert "warning" title=… %}…{% endalert %}`: info, success, warning, error, private or neutral."""
    tone, icon_name = ALERT_LOOKS[kind]
    context = {"content": content, "tone": tone, "icon_name": icon_name, "title": title, "role": role}
    return render_to_string("components/_alert.html", context)


@register.simple_block_tag
def disclosure(content: str, summary: str, is_open: bool = False, boxed: bool = False) -> str:
    """`{% disclosure summary=… %}…{% enddisclosure %}`: a `<details>` of the house."""
    context = {"content": content, "summary": summary, "is_open": is_open, "boxed": boxed}
    return render_to_string("components/_disclosure.html", context)


@register.simple_block_tag
def empty(content: str, title: str, icon_name: str = "inbox") -> str:
    """`{% empty title=… %}What to do next.{% endempty %}`: a list with nothing in it."""
    return render_to_string("components/_empty.html", {"content": content, "title": title, "icon_name": icon_name})
