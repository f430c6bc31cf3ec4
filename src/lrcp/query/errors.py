"""An error in a query: what was found, what was expected, and where, with a caret below the line."""

from lrcp.model.errors import InputError


class QueryError(InputError):
    """A query that cannot be read, or that means nothing.

    reason: one sentence without the position. text: the whole query. offset: characters before the fault, from 0.
    expected: what could have stood there, as words; may be empty. str() gives all of it with the line and a caret.
    """

    def __init__(self, reason: str, text: str = "", offset: int = 0, expected: tuple[str, ...] = ()) -> None:
        self.reason = reason
        self.text = text
        self.offset = min(max(offset, 0), len(text))
        self.expected = expected
        super().__init__(self._render())

    @property
    def line(self) -> int:
        """Line of the fault, from 1."""
        return self.text.count("\n", 0, self.offset) + 1

    @property
    def column(self) -> int:
        """Column of the fault, from 1."""
        return self.offset - (self.text.rfind("\n", 0, self.offset) + 1) + 1

    def _render(self) -> str:
        wanted = f"; expected {_list_of(self.expected)}" if self.expected else ""
        if not self.text:
            return f"{self.reason}{wanted}"
        shown = self.text.split("\n")[self.line - 1]
        start = max(0, self.column - 1 - _SHOWN // 2)
        caret = " " * (self.column - 1 - start) + "^"
        return f"{self.reason}{wanted} (line {self.line}, column {self.column})\n  {shown[start : start + _SHOWN]}\n  {caret}"


class OperatorError(QueryError):
    """No comparison where a monitor's query needs one, or one that is none. operator: as found, '' when there is none.

    Datadog's own words for it are "invalid operator specified: " and the operator.
    """

    def __init__(self, text: str, offset: int, operator: str = "") -> None:
        self.operator = operator
        found = f"{operator} is no comparison" if operator else "the query compares its result with nothing"
        super().__init__(found, text, offset, COMPARISONS)


COMPARISONS = (">", ">=", "<", "<=", "==", "!=")
"""What a monitor's query may compare with."""

_SHOWN = 160
"""Characters of a long line that are shown around the fault."""


def _list_of(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
