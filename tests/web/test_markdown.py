"""What people type becomes safe HTML, quickly, whatever they type."""

import time

import pytest

from web.markdown import MAX_CHARACTERS, is_renderable, is_web_address, render

COUNT = 100_000


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("**bold** and *soft*", "<p><strong>bold</strong> and <em>soft</em></p>\n"),
        ("one\ntwo", "<p>one<br>\ntwo</p>\n"),
        ("~~gone~~", "<p><s>gone</s></p>\n"),
        ("`x < y`", "<p><code>x &lt; y</code></p>\n"),
        ("# Head", "<h3>Head</h3>\n"),
        ("###### Small", "<h6>Small</h6>\n"),
        ("3. third", '<ol start="3">\n<li>third</li>\n</ol>\n'),
        ("```js\na & b\n```", "<pre><code>a &amp; b\n</code></pre>\n"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_usual_markdown_becomes_plain_html(source: str, html: str):
    assert render(source) == html


def test_a_table_is_drawn_without_inline_style():
    html = render("| a | b |\n|--:|---|\n| 1 | 2 |")
    assert "<td>1</td>" in html
    assert "style" not in html


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<div hx-get="/sign-out/" hx-trigger="load">x</div>',
        "<style>body{display:none}</style>",
        "<svg/onload=alert(1)>",
        "<iframe src=javascript:alert(1)></iframe>",
    ],
)
def test_html_is_shown_as_text_never_as_elements(source: str):
    html = render(source)
    assert "&lt;" in html
    for opening in ("<script", "<img", "<div", "<style", "<svg", "<iframe"):
        assert opening not in html


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "//evil.example/x",
        "/sign-out/",
        "../x",
        "ftp://a.example/x",
        "http:///nowhere",
        "http://[::1",
    ],
)
def test_links_lead_nowhere_but_to_the_web_and_to_mail(address: str):
    for source in (f"[x]({address})", f"[x](<{address}>)", f"<{address}>", f"![x]({address})"):
        assert "href=" not in render(source), source
    assert not is_web_address(address)


def test_a_link_says_that_it_is_not_ours():
    assert render("[x](https://a.example/?b=1&c)") == (
        '<p><a href="https://a.example/?b=1&amp;c" rel="noopener nofollow ugc">x</a></p>\n'
    )
    assert 'href="mailto:me@a.example"' in render("<me@a.example>")
    assert 'href="mailto:me@maison.fr"' in render("write to me@maison.fr today")


def test_a_spelled_out_address_becomes_a_link_a_file_name_does_not():
    assert 'href="https://a.example/x"' in render("see https://a.example/x")
    assert "href" not in render("see notes.md and setup.py")


def test_a_picture_is_never_loaded_but_linked():
    html = render("![the screen](https://a.example/track.png)")
    assert html == '<p><a href="https://a.example/track.png" rel="noopener nofollow ugc">the screen</a></p>\n'
    assert render("[![in](https://a.example/1.png)](https://b.example/)").count("<a ") == 1


def test_link_titles_and_ids_cannot_carry_attributes():
    html = render('[x](https://a.example/ "t\\" onclick=\\"alert(1)")')
    assert "onclick=&quot;" in html or 'onclick="' not in html
    assert 'id="' not in render("# Head {#top}")


@pytest.mark.parametrize(
    "source",
    [
        "[" * COUNT,
        ">" * COUNT,
        "> " * COUNT,
        "- " * COUNT,
        "[a](" * (COUNT // 4),
        "![" * (COUNT // 2),
        "*a_ " * (COUNT // 4),
        "`a" * (COUNT // 2),
        "\n".join(" " * depth + "- a" for depth in range(400)),
        "[\n" * (COUNT // 4),
        "![\n" * (MAX_CHARACTERS // 3),
        "http://a" * 5_000,
        "//a.b/" * 5_000,
        "|" * 390 + "\n" + "|-" * 190 + "\n" + ("|" * 390 + "\n") * 100,
        ("[a](<b" * 60 + "\n") * 130,
        "\x00" * 500,
        "\ud800 lone",
        "‮" * 1_000,
    ],
    ids=lambda source: f"{source[:6]!r}-{len(source)}",
)
def test_entangled_text_is_shown_fast_and_never_raises(source: str):
    began = time.process_time()
    html = render(source)
    assert time.process_time() - began < 2
    html.encode("utf-8")
    assert "\x00" not in html


def test_what_is_too_long_or_too_entangled_is_shown_as_typed():
    assert not is_renderable("a" * (MAX_CHARACTERS + 1))
    assert is_renderable("a\n" * (MAX_CHARACTERS // 2))
    assert render("[" * 1_000 + "<b>") == "<pre>" + "[" * 1_000 + "&lt;b&gt;</pre>"
