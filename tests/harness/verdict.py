"""Reads pytest's report: fails when a browser test was skipped, and repeats the closing figures as the last line.

python -m tests.harness.verdict REPORT
"""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from tests.harness.browser import HOW_TO_GET_IT


def skipped_browser_tests(suite: ElementTree.Element) -> list[str]:
    """Names of the tests that were skipped for want of a browser."""
    return [
        f"{case.get('classname')}::{case.get('name')}"
        for case in suite.iter("testcase")
        for skipped in case.iter("skipped")
        if HOW_TO_GET_IT in (skipped.get("message") or "") + (skipped.text or "")
    ]


def closing_line(suite: ElementTree.Element) -> str:
    """Pytest's figures in pytest's words."""
    figures = {name: int(suite.get(name) or 0) for name in ("tests", "failures", "errors", "skipped")}
    passed = figures["tests"] - figures["failures"] - figures["errors"] - figures["skipped"]
    words = [(figures["failures"], "failed"), (passed, "passed"), (figures["skipped"], "skipped")]
    words.append((figures["errors"], "errors"))
    counted = ", ".join(f"{count} {word}" for count, word in words if count or word == "passed")
    return f"===== {counted} in {float(suite.get('time') or 0):.2f}s ====="


def main(report: Path) -> int:
    """Print, and say by the exit status whether the run counts."""
    suite = next(ElementTree.parse(report).getroot().iter("testsuite"))
    skipped = skipped_browser_tests(suite)
    for name in skipped:
        print(f"skipped for want of a browser: {name}")
    print(closing_line(suite))
    return 1 if skipped else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
