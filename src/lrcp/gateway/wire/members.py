"""Members: a JSON object of a request, taken apart member by member, so that nothing of it is lost in silence."""

from collections.abc import Iterator
from typing import Any

from lrcp.gateway.wire.format import decode_json
from lrcp.model.errors import InputError

NO_COUNTERPART = "has no counterpart in the format of the target"


class Members:
    """The members of one object; path is its place, such as `$.messages[2]`.

    What is taken is checked for its type; null counts as absent. close() refuses what nobody took: a codec that reads
    an object to its end has either understood or refused each of its members.
    """

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise InputError(f"{path}: must be an object")
        self.path = path
        self._left = {name: member for name, member in value.items() if member is not None}

    def place(self, name: str) -> str:
        """Where a member is."""
        return f"{self.path}.{name}"

    def take(self, name: str) -> Any:
        """A member of any type; None when it is absent."""
        return self._left.pop(name, None)

    def text(self, name: str) -> str:
        """A string, '' when absent."""
        value = self.take(name)
        if value is None or isinstance(value, str):
            return value or ""
        raise InputError(f"{self.place(name)}: must be a string")

    def required_text(self, name: str) -> str:
        """A string that must be there and not be empty."""
        value = self.text(name)
        if not value:
            raise InputError(f"{self.place(name)}: must be a string that is not empty")
        return value

    def flag(self, name: str) -> bool | None:
        """true or false."""
        value = self.take(name)
        if value is None or isinstance(value, bool):
            return value
        raise InputError(f"{self.place(name)}: must be true or false")

    def whole(self, name: str) -> int | None:
        """A whole number."""
        value = self.take(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise InputError(f"{self.place(name)}: must be a whole number")

    def number(self, name: str) -> float | None:
        """A number."""
        value = self.take(name)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        raise InputError(f"{self.place(name)}: must be a number")

    def mapping(self, name: str) -> dict[str, Any] | None:
        """An object, as it is."""
        value = self.take(name)
        if value is None or isinstance(value, dict):
            return value
        raise InputError(f"{self.place(name)}: must be an object")

    def members(self, name: str) -> "Members":
        """An object, to be taken apart too; empty when absent."""
        value = self.take(name)
        return Members({} if value is None else value, self.place(name))

    def items(self, name: str) -> list[Any]:
        """A list; empty when absent."""
        value = self.take(name)
        if value is None or isinstance(value, list):
            return value or []
        raise InputError(f"{self.place(name)}: must be a list")

    def each(self, name: str) -> Iterator["Members"]:
        """The objects of a list."""
        for i, item in enumerate(self.items(name)):
            yield Members(item, f"{self.place(name)}[{i}]")

    def expect(self, name: str, *allowed: Any) -> None:
        """Take a member that may be absent or have one of these values; any other cannot be translated."""
        value = self.take(name)
        if value is not None and not any(value == one and type(value) is type(one) for one in allowed):
            raise InputError(f"{self.place(name)}: {str(value)[:80]!r} {NO_COUNTERPART}")

    def drop(self, *names: str) -> None:
        """Take members that do not change the answer, and do without them."""
        for name in names:
            self._left.pop(name, None)

    def close(self) -> None:
        """Raises: InputError - a member that was not taken."""
        if self._left:
            raise InputError(f"{self.place(next(iter(self._left)))}: {NO_COUNTERPART}")


def read_members(body: bytes) -> Members:
    """The members of a request's body. Raises: InputError - not a JSON object."""
    return Members(decode_json(body), "$")
