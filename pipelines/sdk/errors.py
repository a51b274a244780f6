"""The one exception that is meant for the reader of a run, not for a programmer."""


class Failure(Exception):
    """Ends the step as failed with exactly this message, without a traceback.

    Raise it where the input or a parameter is at fault: say what happened, to which thing, and
    what to do next.
    """
