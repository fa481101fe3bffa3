"""What a part of an address may look like. Anything else matches no view and is simply not found."""


class _Text:
    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class TicketReference(_Text):
    """A ticket's reference: MEGA-1042."""

    regex = r"[A-Z][A-Z0-9]{1,9}-[0-9]{1,9}"


class TargetCode(_Text):
    """The code of a target: response."""

    regex = r"[a-z][a-z0-9_]{0,31}"


class ContractReference(_Text):
    """A contract's reference, as it is written on the contract, a stroke in it included: 2026/17."""

    regex = r"[^\x00]{1,40}"
