"""What the engine refuses, in words that a caller can show."""


class EngineError(ValueError):
    """Anything that the engine refuses; the message says what is wrong and what would be right."""


class NaiveInstant(EngineError):
    """An instant without a time zone."""


class OutsideCalendar(EngineError):
    """An instant, or a result, before the first or after the last day that the calendar knows."""


class NoOpenTime(EngineError):
    """The calendar does not open long enough for the time asked."""


class BadSpec(EngineError):
    """A calendar description that cannot be right: unknown zone, hours that end before they start."""


class BadAmount(EngineError):
    """An amount of time that is negative, not whole, or absurdly large."""


class BadPause(EngineError):
    """A pause that ends before it starts, or a pause where none can be."""


class BadUnit(EngineError):
    """A unit that the computation rules do not know."""


class BadFacts(EngineError):
    """Facts of which no clock can be made, such as two starts."""


class UnknownSeverity(EngineError):
    """A severity for which the policy says nothing, not even that it has no target."""
