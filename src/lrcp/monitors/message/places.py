"""Where in a text something is."""

from bisect import bisect_right

from lrcp.monitors.message.tree import Problem


class Places:
    """The lines of one text, so that each problem is found its line and column at once."""

    def __init__(self, text: str) -> None:
        self._lines = [0, *(place + 1 for place, char in enumerate(text) if char == "\n")]

    def problem(self, message: str, offset: int) -> Problem:
        """What is wrong at a place, which is counted in characters from 0."""
        line = bisect_right(self._lines, offset)
        return Problem(message, offset, line, offset - self._lines[line - 1] + 1)
