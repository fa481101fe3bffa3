"""What a person is told when a copy cannot be made, proved or put back."""


class BackupError(RuntimeError):
    """The text says what is wrong and what to do."""
