"""What is wrong with a terms document, said so that its author can put it right."""

from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where (path, and line where the document came from a file), and what is allowed."""

    path: Path
    message: str
    line: int | None = None

    def __str__(self) -> str:
        place = f"line {self.line}, " if self.line else ""
        return f"{place}{shown(self.path)}: {self.message}"


class TermsError(ValueError):
    """A terms document that cannot be used; ``problems`` holds everything that was found."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{source}: {problem}" for problem in problems))


class UnknownTerm(LookupError):
    """A severity, target, state or label that these terms do not have."""


def shown(path: Path) -> str:
    """A path as people write it.

    >>> shown(("severities", 2, "label", "fr"))
    'severities[2].label.fr'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "document"
