"""Binder: the parameters of one statement. Every value of a query goes through it; no text of a user is part of any SQL."""

from typing import Any


class Binder:
    """Values by their names in the statement; the same value of the same type has one name."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}
        self._names: dict[tuple[str, Any], str] = {}

    def text(self, value: str) -> str:
        """A text, as SQL that stands for it. Lone surrogates become '?', as in what is stored."""
        return self._bind("String", value.encode("utf-8", "replace").decode())

    def number(self, value: float) -> str:
        """A float64."""
        return self._bind("Float64", float(value))

    def integer(self, value: int) -> str:
        """An int64."""
        return self._bind("Int64", value)

    def texts(self, values: tuple[str, ...]) -> str:
        """An array of texts."""
        name = self._name("Array(String)", values)
        self.parameters[name] = list(values)
        return f"{{{name}:Array(String)}}"

    def numbers(self, values: tuple[float, ...]) -> str:
        """An array of float64."""
        name = self._name("Array(Float64)", values)
        self.parameters[name] = list(values)
        return f"{{{name}:Array(Float64)}}"

    def _bind(self, kind: str, value: Any) -> str:
        name = self._name(kind, value)
        self.parameters[name] = value
        return f"{{{name}:{kind}}}"

    def _name(self, kind: str, value: Any) -> str:
        return self._names.setdefault((kind, value), f"p{len(self._names)}")
