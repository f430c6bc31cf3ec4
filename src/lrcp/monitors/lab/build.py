"""A case file's plain values made into cases: definitions loaded, series read, expectations understood."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from lrcp.model.errors import InputError
from lrcp.monitors.lab.case import (
    Case,
    CaseError,
    CaseFile,
    Expectation,
    SilenceExpected,
)
from lrcp.monitors.lab.definitions import DefinitionLoader, Definitions, read_rule
from lrcp.monitors.lab.document import Document, read_case_document
from lrcp.monitors.lab.expectations import FOREVER_S, parse_expectation
from lrcp.monitors.lab.feed import read_checks, read_records, read_series
from lrcp.monitors.lab.moments import parse_moment, parse_start

DEFAULT_START: Final = "2026-01-05T00:00:00Z"
"""A Monday."""
DEFAULT_TICK: Final = "10s"
DEFAULT_INTERVAL: Final = "10s"
MAX_TICKS: Final = 200_000
TABLES: Final = ("logs", "spans", "events")
_SHARED: Final = frozenset(
    {"name", "monitor", "monitors", "slos", "downtimes", "rules", "start", "tick", "interval", "until"}
)
_OF_CASE: Final = _SHARED | {"series", "checks", "expect", *TABLES}


def parse_case_file(path: Path, *, shown: str = "") -> CaseFile:
    """All cases of a file. shown: its path as people know it. Raises: CaseError."""
    shown = shown or str(path)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise CaseError(shown, None, f"the file cannot be read: {error.strerror}") from error
    document = read_case_document(shown, text)
    return CaseFile(path=shown, cases=tuple(_cases(document, path.parent)))


def _cases(document: Document, folder: Path) -> Iterator[Case]:
    value = document.value
    listed = value.get("cases")
    if listed is None:
        _refuse_unknown(document, "$", value, _OF_CASE)
        yield _Builder(document, folder, "$", {}).build(Path(document.path).name.split(".")[0])
        return
    _refuse_unknown(document, "$", value, _SHARED | {"cases"})
    if not isinstance(listed, list) or not listed:
        raise document.error("$.cases", "cases must be a list of at least one case")
    shared = {name: one for name, one in value.items() if name in _SHARED}
    for number in range(len(listed)):
        place = f"$.cases[{number}]"
        if not isinstance(listed[number], dict):
            raise document.error(place, "a case must be an object")
        _refuse_unknown(document, place, listed[number], _OF_CASE)
        yield _Builder(document, folder, place, shared).build(f"case {number + 1}")


def _refuse_unknown(document: Document, place: str, given: dict[str, Any], known: frozenset[str]) -> None:
    for name in given:
        if name not in known:
            raise document.error(f"{place}.{name}", f"{name!r} is not known there; expected {', '.join(sorted(known))}")


class _Builder:
    """One case. shared: what the file says for all its cases."""

    def __init__(self, document: Document, folder: Path, place: str, shared: dict[str, Any]) -> None:
        self._document = document
        self._folder = folder
        self._place = place
        self._given: dict[str, Any] = document.value if place == "$" else document.value["cases"][_number(place)]
        self._shared = shared

    def build(self, name: str) -> Case:
        start_s = self._setting("start", DEFAULT_START, parse_start)
        tick_s = self._setting("tick", DEFAULT_TICK, parse_moment)
        if tick_s < 10 or tick_s % 10:
            raise self._error("tick", "a tick is a multiple of 10 s")
        definitions = self._definitions(start_s)
        expected = self._expected(definitions)
        interval = str(self._setting("interval", DEFAULT_INTERVAL, str))
        until = self._setting("until", "", lambda text: parse_moment(text) if text else None)
        until_s = self._last(expected) if until is None else until
        if until_s / tick_s > MAX_TICKS:
            raise self._error(
                "expect", f"the case has more than {MAX_TICKS} ticks; use a longer tick, or series that begin earlier"
            )
        return Case(
            name=str(self._given.get("name") or name),
            line=self._document.line(self._place),
            monitors=definitions.monitors,
            slos=definitions.slos,
            downtimes=definitions.downtimes,
            rules=definitions.rules,
            start_s=start_s,
            tick_s=int(tick_s),
            until_s=until_s,
            series=self._each("series", lambda one: read_series(one, start_s, interval)),
            checks=[
                report
                for reports in self._each("checks", lambda one: read_checks(one, start_s, interval))
                for report in reports
            ],
            records={table: self._records(table, start_s) for table in TABLES},
            expected=expected,
        )

    def _setting(self, name: str, default: str, read: Callable[[str], Any]) -> Any:
        with self._told(name):
            return read(str(self._given.get(name, self._shared.get(name, default))))

    def _records(self, table: str, start_s: int) -> list[dict[str, Any]]:
        return [
            record for records in self._each(table, lambda one: read_records(one, start_s, table)) for record in records
        ]

    def _definitions(self, start_s: float) -> Definitions:
        """Those of the case and those of the file."""
        loader = DefinitionLoader(self._folder)
        for given, place in self._everywhere("monitor", "monitors"):
            with self._at(place):
                loader.add_monitor(*_named(given))
        for given, place in self._everywhere("slos"):
            with self._at(place):
                loader.add_slo(*_named(given))
        with self._told("monitors"):
            made = loader.finish()
            if not made.asked:
                raise InputError("a case needs a `monitor`: the path of its file, or its definition")
        for number, (given, place) in enumerate(self._everywhere("downtimes"), 1):
            with self._at(place):
                made.downtimes.append(loader.read_downtime(given, number, start_s))
        for number, (given, place) in enumerate(self._everywhere("rules"), 1):
            with self._at(place):
                made.rules.append(read_rule(given, number))
        return made

    def _everywhere(self, *names: str) -> Iterator[tuple[Any, str]]:
        """What the file and the case say under these names, each with its place."""
        levels = [(self._given, self._place)]
        if self._place != "$":
            levels.insert(0, (self._shared, "$"))
        for given, root in levels:
            for name in names:
                yield from _listed(given.get(name), f"{root}.{name}")

    def _expected(self, definitions: Definitions) -> list[Expectation]:
        listed = self._given.get("expect")
        if not isinstance(listed, list) or not listed:
            raise self._error("expect", "a case needs `expect`: a list of lines such as `at 7m * ALERT 60`")
        return [self._expectation(one, f"{self._place}.expect[{i}]", definitions) for i, one in enumerate(listed)]

    def _expectation(self, given: Any, place: str, definitions: Definitions) -> Expectation:
        with self._at(place):
            text, details = _line_and_details(given)
            made = parse_expectation(text, self._document.line(place), details)
            if made.monitor and made.monitor not in definitions.monitors:
                raise InputError(f"there is no monitor {made.monitor!r}; expected {', '.join(definitions.monitors)}")
            if not made.monitor and len(definitions.asked) > 1 and not isinstance(made, SilenceExpected):
                raise InputError(f"there are several monitors; say which: `of {definitions.asked[0]}` behind the time")
            return made

    def _last(self, expected: list[Expectation]) -> float:
        """When the last of them is over."""
        ends = [one.until_s for one in expected if one.until_s != FOREVER_S]
        if not ends:
            raise self._error(
                "expect", "nothing says how long the case lasts; add `until`, or a time to an expectation"
            )
        return max(ends)

    def _each(self, name: str, read: Callable[[Any], Any]) -> list[Any]:
        found = []
        for given, place in _listed(self._given.get(name), f"{self._place}.{name}"):
            with self._at(place):
                found.append(read(given))
        return found

    @contextmanager
    def _at(self, place: str) -> Iterator[None]:
        """Whatever is wrong within is told with the line of a place."""
        try:
            yield
        except CaseError:
            raise
        except (InputError, ValueError, TypeError) as error:
            raise self._document.error(place, str(error)) from error

    def _told(self, name: str) -> Any:
        place = f"{self._place}.{name}"
        return self._at(place if name in self._given else f"$.{name}")

    def _error(self, name: str, message: str) -> CaseError:
        return self._document.error(f"{self._place}.{name}", message)


def _number(place: str) -> int:
    return int(place[place.rindex("[") + 1 : -1])


def _listed(given: Any, place: str) -> Iterator[tuple[Any, str]]:
    """The members of a list with their places; one thing is a list of one, an object of named ones a list of them."""
    if given is None:
        return
    if isinstance(given, list):
        yield from ((one, f"{place}[{i}]") for i, one in enumerate(given))
    elif (isinstance(given, dict) and place.endswith("monitors")) or (
        place.endswith("slos") and isinstance(given, dict)
    ):
        yield from (({"as": name, "document": one}, f"{place}.{name}") for name, one in given.items())
    else:
        yield given, place


def _named(given: Any) -> tuple[Any, str]:
    """A definition, or the path of its file, and the name that it is given."""
    if isinstance(given, dict) and set(given) == {"as", "document"}:
        return given["document"], str(given["as"])
    return given, ""


def _line_and_details(given: Any) -> tuple[str, dict[str, Any]]:
    """A line; or an object {notifies: at 7m * alert, title: ...}, or {line: ..., ...} as the plain-text form gives it."""
    if isinstance(given, str):
        return given, {}
    if not isinstance(given, dict):
        raise InputError("an expectation is a line, or an object with `notifies`")
    if "line" in given:
        return str(given["line"]), {name: one for name, one in given.items() if name != "line"}
    if "notifies" not in given:
        raise InputError("an expectation that is an object has `notifies`: at 7m * alert, and what is told")
    return f"notifies {given['notifies']}", {name: one for name, one in given.items() if name != "notifies"}
