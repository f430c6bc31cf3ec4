"""Templates read into trees. Nothing is raised: a piece that cannot be read stands as text, and is told as a problem.

Source: DATADOG.md 3.6; checked by tests/unit/monitors/message/test_parser.py
"""

from functools import lru_cache
from typing import Final

from lrcp.monitors.message.conditions import CONDITIONS
from lrcp.monitors.message.expression import EvalError, parse_eval
from lrcp.monitors.message.paths import parse_path
from lrcp.monitors.message.places import Places
from lrcp.monitors.message.tags import MAX_TEMPLATE_CHARS, Tag, split_tags
from lrcp.monitors.message.tree import Argument, Eval, Insert, Literal, Node, Problem, Quoted, Section, Template
from lrcp.monitors.message.words import Words, read_words

MAX_NESTING: Final = 20
HELPERS: Final = {"eval": 1, "local_time": 2, "urlencode": 1, "override_priority": 1}
"""Functions of a tag, and how many texts in quotes they take."""


@lru_cache(maxsize=2048)
def parse_template(text: str) -> Template:
    """The tree of a template. What is beyond MAX_TEMPLATE_CHARS stands as text."""
    rest = text[MAX_TEMPLATE_CHARS:]
    builder = _Builder(text)
    if rest:
        builder.complain(f"only the first {MAX_TEMPLATE_CHARS} characters are read for variables", MAX_TEMPLATE_CHARS)
    for tag in split_tags(text[:MAX_TEMPLATE_CHARS]):
        builder.add(tag)
    return builder.finish(rest)


class _Open:
    """A section that is not closed yet."""

    def __init__(self, tag: Tag, words: Words) -> None:
        self.tag = tag
        self.words = words
        self.body: list[Node] = []
        self.otherwise: list[Node] | None = None

    @property
    def nodes(self) -> list[Node]:
        return self.body if self.otherwise is None else self.otherwise


class _Builder:
    """Puts tags together to a tree."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._places = Places(text)
        self._root: list[Node] = []
        self._open: list[_Open] = []
        self._problems: list[Problem] = []

    def add(self, tag: Tag) -> None:
        """The next tag of the text."""
        _ADD[tag.kind](self, tag)

    def complain(self, message: str, offset: int) -> None:
        """Note what is wrong at a place."""
        self._problems.append(self._places.problem(message, offset))

    def finish(self, rest: str) -> Template:
        """The whole tree. A section that was never closed stands as text, with what is in it read as always."""
        while self._open:
            self._abandon(self._open[-1])
        nodes = _joined([*self._root, *([Literal(rest)] if rest else [])])
        return Template(nodes, tuple(sorted(self._problems, key=lambda problem: problem.offset)))

    def _abandon(self, section: _Open) -> None:
        name = section.words.name
        self.complain(f"{{{{#{name}}}}} is not closed by {{{{/{name}}}}}", section.tag.start)
        self._open.pop()
        self._nodes.append(self._as_text(section.tag))
        self._nodes.extend(section.body)
        if section.otherwise is not None:
            self._nodes.extend([Literal("{{else}}"), *section.otherwise])

    @property
    def _nodes(self) -> list[Node]:
        return self._open[-1].nodes if self._open else self._root

    def _as_text(self, tag: Tag) -> Literal:
        return Literal(self._text[tag.start : tag.end])

    def _reject(self, tag: Tag, message: str) -> None:
        self.complain(message, tag.start)
        self._nodes.append(self._as_text(tag))

    def _add_text(self, tag: Tag) -> None:
        self._nodes.append(Literal(tag.content))

    def _add_comment(self, tag: Tag) -> None:
        pass  # it is for those who edit the monitor

    def _add_bad(self, tag: Tag) -> None:
        self._reject(tag, tag.content)

    def _add_open(self, tag: Tag) -> None:
        words = read_words(tag.content)
        if wrong := words.wrong or _wrong_condition(words):
            self._reject(tag, wrong)
        elif len(self._open) >= MAX_NESTING:
            self._reject(tag, f"conditions are nested deeper than {MAX_NESTING}")
        else:
            self._open.append(_Open(tag, words))

    def _add_close(self, tag: Tag) -> None:
        name = tag.content
        if not any(section.words.name == name for section in self._open):
            self._reject(tag, f"{{{{/{name}}}}} closes nothing")
            return
        while self._open[-1].words.name != name:
            self._abandon(self._open[-1])
        section = self._open.pop()
        self._nodes.append(
            Section(
                section.words.name,
                section.words.arguments,
                section.tag.kind == "invert",
                _joined(section.body),
                _joined(section.otherwise or []),
            )
        )

    def _add_else(self, tag: Tag) -> None:
        if not self._open:
            self._reject(tag, "{{else}} stands outside of any condition")
        elif self._open[-1].otherwise is not None:
            self._reject(tag, "the condition has a second {{else}}")
        else:
            self._open[-1].otherwise = []

    def _add_insert(self, tag: Tag) -> None:
        words = read_words(tag.content)
        if not words.wrong and words.name in HELPERS:
            self._add_helper(tag, words)
            return
        path = None if words.wrong or words.arguments else parse_path(tag.content)
        if path is None:
            self._reject(tag, words.wrong or _no_variable(words, tag))
        else:
            self._nodes.append(Insert((path,), raw=tag.kind == "insert_raw"))

    def _add_helper(self, tag: Tag, words: Words) -> None:
        texts = [argument.text for argument in words.arguments if isinstance(argument, Quoted)]
        if len(texts) != len(words.arguments) or len(texts) != HELPERS[words.name]:
            self._reject(tag, f"{words.name} takes {HELPERS[words.name]} in quotes")
            return
        try:
            arguments = _helper_arguments(words.name, texts)
        except EvalError as error:
            self._reject(tag, str(error))
            return
        self._nodes.append(Insert(arguments, words.name, tag.kind == "insert_raw"))

    def _add_raw_block(self, tag: Tag) -> None:
        """Its body is not read; a condition may stand in place of `raw`."""
        words, body = read_words(tag.content), Literal(tag.body.strip("\n"))
        if words.name == "raw" and not words.arguments:
            self._nodes.append(body)
        elif wrong := words.wrong or _wrong_condition(words):
            self._reject(tag, wrong)
        else:
            self._nodes.append(Section(words.name, words.arguments, False, (body,)))


_ADD: Final = {
    "text": _Builder._add_text,
    "comment": _Builder._add_comment,
    "bad": _Builder._add_bad,
    "open": _Builder._add_open,
    "invert": _Builder._add_open,
    "close": _Builder._add_close,
    "else": _Builder._add_else,
    "insert": _Builder._add_insert,
    "insert_raw": _Builder._add_insert,
    "raw_block": _Builder._add_raw_block,
}


def _wrong_condition(words: Words) -> str:
    condition = CONDITIONS.get(words.name)
    if condition is None:
        return f"{words.name} is not a condition; expected {', '.join(sorted(CONDITIONS))}"
    return condition.wrong(words.arguments)


def _no_variable(words: Words, tag: Tag) -> str:
    if words.name in CONDITIONS:
        return f"{words.name} is a condition: write {{{{#{words.name} ...}}}} and {{{{/{words.name}}}}}"
    return f"{tag.content} is not the name of a variable"


def _helper_arguments(name: str, texts: list[str]) -> tuple[Argument, ...]:
    if name == "eval":
        return (Eval(parse_eval(texts[0])),)
    if name == "override_priority":
        if texts[0] not in PRIORITIES:
            raise EvalError(f"{texts[0]} is not a priority; expected {', '.join(PRIORITIES)}")
        return (Quoted(texts[0]),)
    path = parse_path(texts[0])
    if path is None:
        raise EvalError(f"{texts[0]} is not the name of a variable")
    return (path, *map(Quoted, texts[1:]))


PRIORITIES: Final = ("P1", "P2", "P3", "P4", "P5")


def _joined(nodes: list[Node]) -> tuple[Node, ...]:
    """Neighbouring texts as one, empty ones left out."""
    found: list[Node] = []
    texts: list[str] = []
    for node in [*nodes, None]:
        if isinstance(node, Literal):
            texts.append(node.text)
            continue
        if text := "".join(texts):
            found.append(Literal(text))
        texts = []
        if node is not None:
            found.append(node)
    return tuple(found)
