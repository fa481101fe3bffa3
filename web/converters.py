"""What a part of an address may look like. Anything else matches no view and is simply not found."""


class ReferenceConverter:
    """A ticket's reference: MEGA-1042."""

    regex = r"[A-Z][A-Z0-9]{1,9}-[0-9]{1,9}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class TargetConverter(ReferenceConverter):
    """The code of a target, as the terms call it."""

    regex = r"[a-z][a-z0-9_]{0,31}"
