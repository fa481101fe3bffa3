"""Markdown that people typed → HTML that is safe on our pages.

Two walls: markdown-it never passes HTML through, and nh3 keeps only what is listed here. Links go to the web or to a
mail address; pictures of elsewhere are never loaded, they become links. Size and nesting are bounded beforehand, so
that no text makes a page slow; what is beyond the bounds is shown as it was typed. Names that a message mentions are
marked, where they stand as text: never in code, nor within a link.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

MAX_CHARACTERS: Final = 50_000
MAX_OPENERS: Final = 400
"""How many characters in a row may each open something; more is a pattern, not a text."""
MAX_LINE: Final = 20_000
MAX_ADDRESSES: Final = 200
"""How many addresses one line may hold: finding them costs the square of that."""
MAX_NESTING: Final = 16
SCHEMES: Final = frozenset({"http", "https", "mailto"})
LINK_REL: Final = "noopener nofollow ugc"
TAGS: Final = frozenset(
    {"a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "mark", "ol", "p", "pre", "s", "strong"}
    | {"table", "tbody", "td", "th", "thead", "tr", "ul"}
)
ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}}
_FIRST_HEADING: Final = 3
_ADDRESS_MARKS: Final = (":", "@", "//")
_MENTIONS: Final = "mentions"
_OPENERS: Final = "[!(<>*_~`&\\|"


def render(source: str | None, mentions: Sequence[str] = ()) -> SafeString:
    """HTML of ``source``, ``mentions`` marked where an @ precedes them. Never raises; text that is too long or too
    entangled comes back as typed, escaped."""
    text = (source or "").replace("\x00", "�").strip()
    if not text:
        return mark_safe("")
    if not is_renderable(text):
        return mark_safe(f"<pre>{_without_surrogates(escape(text))}</pre>")
    return mark_safe(_cleaned(_without_surrogates(text), tuple(mentions)))


@lru_cache(maxsize=256)
def _cleaned(text: str, mentions: tuple[str, ...]) -> str:
    """A conversation is read far more often than written: what was rendered lately is kept."""
    return nh3.clean(
        _PARSER.render(text, {_MENTIONS: mentions}),
        tags=set(TAGS),
        attributes={name: set(allowed) for name, allowed in ATTRIBUTES.items()},
        attribute_filter=_keep_attribute,
        url_schemes=set(SCHEMES),
        link_rel=LINK_REL,
    )


def is_renderable(text: str) -> bool:
    """Whether ``text`` is within the bounds of size and entanglement for which parsing is fast."""
    if len(text) > MAX_CHARACTERS:
        return False
    return all(_is_calm(line) for line in text.split("\n"))


def _is_calm(line: str) -> bool:
    if len(line) > MAX_LINE or any(line.count(mark) > MAX_ADDRESSES for mark in _ADDRESS_MARKS):
        return False
    return len(line) <= MAX_OPENERS or sum(map(line.count, _OPENERS)) <= MAX_OPENERS


def is_web_address(address: str) -> bool:
    """Whether a link may lead to ``address``: http, https or mailto, spelled out."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return False
    return parts.scheme.lower() in SCHEMES and bool(parts.netloc or parts.scheme.lower() == "mailto")


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "a" and name == "href":
        return value if is_web_address(value) else None
    return value


def _without_surrogates(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _heading_open(
    renderer: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: dict[str, Any]
) -> str:
    return f"<h{_level(tokens[idx])}>"


def _heading_close(
    renderer: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: dict[str, Any]
) -> str:
    return f"</h{_level(tokens[idx])}>\n"


def _level(token: Token) -> int:
    """Headings inside a message stand under those of the page."""
    return min(int(token.tag[1]) + _FIRST_HEADING - 1, 6)


def _image_as_link(
    renderer: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: dict[str, Any]
) -> str:
    token = tokens[idx]
    address = str(token.attrs.get("src", ""))
    words = token.content or address
    if any(other.type == "link_open" for other in tokens[:idx]):
        return escape(words)
    return f'<a href="{escape(address)}">{escape(words)}</a>'


def _mark_mentions(state: StateCore) -> None:
    """Put every mentioned name with its @ between marks."""
    names = sorted(state.env.get(_MENTIONS, ()), key=len, reverse=True)
    if not names:
        return
    pattern = re.compile(rf"(@(?:{'|'.join(map(re.escape, names))}))(?!\w)")
    for token in state.tokens:
        if token.children:
            token.children = list(_marked(token.children, pattern))


def _marked(tokens: Sequence[Token], pattern: re.Pattern[str]) -> Iterator[Token]:
    depth = 0
    for token in tokens:
        depth += token.nesting if token.type in {"link_open", "link_close"} else 0
        if token.type != "text" or depth or "@" not in token.content:
            yield token
            continue
        for number, part in enumerate(pattern.split(token.content)):
            text = Token("text", "", 0, content=part)
            yield from (Token("mark_open", "mark", 1), text, Token("mark_close", "mark", -1)) if number % 2 else (text,)


def _parser() -> MarkdownIt:
    options = {"html": False, "linkify": True, "typographer": False, "maxNesting": MAX_NESTING, "breaks": True}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough", "linkify"])
    # A bare file name such as notes.md is no address: only what is spelled out becomes a link.
    assert parser.linkify is not None
    parser.linkify.set({"fuzzy_link": False, "fuzzy_ip": False, "fuzzy_email": True})  # type: ignore[no-untyped-call]
    parser.add_render_rule("heading_open", _heading_open)
    parser.add_render_rule("heading_close", _heading_close)
    parser.add_render_rule("image", _image_as_link)
    parser.core.ruler.push("mentions", _mark_mentions)
    return parser


_PARSER: Final = _parser()
