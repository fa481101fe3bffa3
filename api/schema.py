"""How an operation is described. Named by the framework's setting DEFAULT_SCHEMA_CLASS."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from accounts.programs import SAFE


class Schema(AutoSchema):
    """Operations name the scope that a token needs."""

    def get_auth(self) -> list[dict[str, list[str]]]:
        """By token or by session."""
        view: Any = self.view
        scope = view.reads if self.method in SAFE else view.writes or view.reads
        return [{"token": [scope]}, {"session": []}]

    def get_tags(self) -> list[str]:
        """The first part of the address."""
        return [self.path.removeprefix("/api/v1/").partition("/")[0]]
