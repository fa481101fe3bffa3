"""Lookups for columns of tickets."""

import re
from typing import Any, Final

from django.db.models import CharField, Lookup
from django.db.models.sql.compiler import SQLCompiler

_CODE: Final = re.compile(r"[a-z_]+")


@CharField.register_lookup
class OneOf(Lookup):
    """``state__one_of={…}``: as ``in``, with the codes in the statement itself and not as values that come with it.

    A plan that is kept for any values could not use an index of open tickets: it cannot know that they are open.
    For codes of the product only; raises ``ValueError`` for anything that is no code.
    """

    lookup_name = "one_of"

    def get_prep_lookup(self) -> list[str]:
        codes = sorted(map(str, self.rhs))
        if not codes or not all(map(_CODE.fullmatch, codes)):
            raise ValueError("These are no codes of the product.")
        return codes

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        """``column IN ('…', '…')``."""
        column, values = self.process_lhs(compiler, connection)
        codes = ", ".join(f"'{code}'" for code in self.rhs)
        return f"{column} IN ({codes})", values
