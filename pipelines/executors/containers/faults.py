"""What whoever runs containers, a daemon or a cluster, may answer instead of doing it."""


class Unreachable(ConnectionError):
    """Nobody answers, or not now; what runs there may go on or not."""


class Refused(RuntimeError):
    """It answered, and does not do it. The message is its own.

    `permanent` says that it would refuse the same again.
    """

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class Missing(Refused):
    """There is no such object, or not any more."""
