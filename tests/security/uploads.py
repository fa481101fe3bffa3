"""Files that somebody could attach to do harm, made here and not kept as files."""

import io
import zipfile
from dataclasses import dataclass

from tests.security.corpus import NAMES

SCRIPT = b"<script>window.pwned=1;opener&&(opener.pwned=1);parent.pwned=1</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="window.pwned=1"><script>window.pwned=1</script></svg>'
GIF = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x06\x00\x00\x00"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass(frozen=True)
class Bait:
    """A file; ``refused`` where it must not even be kept."""

    name: str
    content: bytes
    kind: str = "application/octet-stream"
    refused: bool = False


def _zip(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def baits() -> list[Bait]:
    """The corpus: pages, polyglots, programs, strange names, and what readers choke on."""
    xml = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    pages = [
        Bait("page.html", SCRIPT, "text/html"),
        Bait(
            "page.xhtml", b'<html xmlns="http://www.w3.org/1999/xhtml">' + SCRIPT + b"</html>", "application/xhtml+xml"
        ),
        Bait("page.htm", SCRIPT, "text/html"),
        Bait("page.mhtml", b"Content-Type: text/html\r\n\r\n" + SCRIPT, "message/rfc822"),
        Bait("drawing.svg", SVG, "image/svg+xml"),
        Bait("drawing.svgz", SVG, "image/svg+xml"),
        Bait("data.xml", xml, "text/xml"),
        Bait("style.xsl", xml, "text/xml"),
        Bait("feed.rss", SCRIPT, "application/rss+xml"),
        Bait("photo.png", SCRIPT, "image/png"),
        Bait("photo.jpg", SVG, "image/jpeg"),
        Bait("notes.txt", SCRIPT, "text/html"),
        Bait("notes.log", SCRIPT, "text/plain; charset=utf-7"),
        Bait("table.csv", b"=1+1,@SUM(1)\r\n", "text/csv"),
        Bait("data.json", b"[" * 100_000, "application/json"),
        Bait("both.gif", GIF + b"/*" + SCRIPT + b"*/=1;", "image/gif"),
        Bait(
            "both.pdf",
            b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>" + SCRIPT,
            "application/pdf",
        ),
        Bait("bomb.png", PNG, "image/png"),
        Bait("page.html.png", SCRIPT, "image/png"),
        Bait("page.png.html", SCRIPT, "image/png"),
        Bait("archive.zip", _zip(("../../evil.sh", b"x"), ("page.html", SCRIPT)), "application/zip"),
        Bait("bomb.zip", _zip(("zeros", b"\0" * 5_000_000)), "application/zip"),
        Bait("letter.docx", _zip(("word/document.xml", xml)), "application/zip"),
        Bait("virus.txt", EICAR, "text/plain"),
        Bait("empty.txt", b"", "text/plain"),
        Bait("shell.php", b"<?php system($_GET[0]);", "application/x-php"),
        Bait("page.shtml", b'<!--#exec cmd="id" -->', "text/html"),
        Bait("kind.bin", b"x", "text/html\r\nX-Injected: yes"),
        Bait("x" * 300 + ".html", SCRIPT, "text/html"),
    ]
    programs = [
        Bait(f"setup.{ending}", b"MZ", refused=True) for ending in ("exe", "EXE", "bat", "js", "hta", "lnk", "ps1")
    ]
    disguised = [
        Bait("report.pdf.exe", b"MZ", "application/pdf", refused=True),
        Bait("setup.exe.", b"MZ", refused=True),
        Bait("setup.exe ", b"MZ", refused=True),
        Bait("setup.ex\u200be", b"MZ", refused=True),
        Bait("folder/setup.exe", b"MZ", refused=True),
    ]
    return [*pages, *programs, *disguised, *(Bait(name, SCRIPT, "text/html") for name in NAMES)]
