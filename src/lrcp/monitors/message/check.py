"""What is wrong with a message before it is ever sent, each thing with its place."""

import re
from collections.abc import Collection, Iterator
from typing import Final

from lrcp.kit.recurrence import parse_timezone
from lrcp.model.errors import InputError
from lrcp.monitors.message.expression import EvalError, parse_eval
from lrcp.monitors.message.parser import parse_template
from lrcp.monitors.message.paths import parse_path
from lrcp.monitors.message.places import Places
from lrcp.monitors.message.tags import MAX_TAG_CHARS, split_tags
from lrcp.monitors.message.tree import (
    Eval,
    EvalCall,
    EvalNegation,
    EvalNode,
    EvalOperation,
    EvalVariable,
    Path,
    Problem,
)
from lrcp.monitors.message.values import BUILT_IN, RECORD_KINDS
from lrcp.monitors.message.words import read_words

MAX_PROBLEMS: Final = 100
_PART: Final = re.compile(r"[a-j]\Z")
_HANDLE: Final = re.compile(r"@(?:slack|pagerduty|webhook|opsgenie|teams|oncall|workflow|case|incident)-")
_BEFORE_HANDLE: Final = frozenset("({[\"'>@/:")
"""What may stand before an @ beside white space: it is a sign of something else, such as an address."""


def check_message(text: str, *, keys: Collection[str] | None = None) -> list[Problem]:
    """Problems of a message, in the order of their places; none: it renders as it was meant.

    keys: of the monitor's groups, where they are known; then a variable of another tag is a problem too.
    """
    found = list(parse_template(text).problems)
    places = Places(text)
    for tag in split_tags(text):
        if tag.kind in ("insert", "insert_raw", "open", "invert"):
            found += [places.problem(message, tag.start) for message in _check_words(tag.kind, tag.content, keys)]
    for match in _HANDLE.finditer(text):
        if _is_glued(text, match.start()):
            found.append(places.problem("nobody is called: a handle needs a space before its @", match.start()))
    return sorted(found, key=lambda problem: problem.offset)[:MAX_PROBLEMS]


def _is_glued(text: str, at: int) -> bool:
    """Whether what is before an @ in the rendered text makes it no handle; `{{#is_alert}}@slack-a` begins one."""
    while text.endswith("}}", 0, at):
        tag = text.rfind("{{", max(0, at - MAX_TAG_CHARS - 4), at)
        if tag < 0 or text[tag + 2] not in "#/^":
            break
        at = tag
    return at > 0 and not text[at - 1].isspace() and text[at - 1] not in _BEFORE_HANDLE


def _check_words(kind: str, content: str, keys: Collection[str] | None) -> Iterator[str]:
    """What a tag that can be read means and does not know."""
    words = read_words(content)
    if words.wrong:
        return
    for path in _paths(kind, content):
        if words.name in ("is_match", "is_exact_match") and len(path.parts) == 1 and keys is None:
            continue  # a tag's bare key is a name there
        if wrong := _wrong_variable(path, keys):
            yield wrong
    texts = [argument.text for argument in words.arguments if hasattr(argument, "text")]
    if words.name == "local_time" and len(texts) == 2:
        try:
            parse_timezone(texts[1])
        except InputError as error:
            yield str(error)


def _paths(kind: str, content: str) -> Iterator[Path]:
    """The variables that a tag speaks of."""
    words = read_words(content)
    first = words.arguments[0] if words.arguments else None
    if kind in ("open", "invert") and words.name not in ("is_match", "is_exact_match"):
        return
    if first is None:
        plain = parse_path(content)
        if plain is not None:
            yield plain
    elif isinstance(first, Eval):
        yield from _of_expression(first.expression)
    elif isinstance(first, Path):
        yield first
    elif words.name == "eval":
        yield from _of_text(first.text)
    elif words.name in ("is_match", "is_exact_match", "local_time", "urlencode") and (path := parse_path(first.text)):
        yield path


def _of_text(text: str) -> Iterator[Path]:
    try:
        yield from _of_expression(parse_eval(text))
    except EvalError:
        return  # the parser has told of it


def _of_expression(node: EvalNode) -> Iterator[Path]:
    match node:
        case EvalVariable(path):
            yield path
        case EvalNegation(operand):
            yield from _of_expression(operand)
        case EvalOperation(_, left, right):
            yield from _of_expression(left)
            yield from _of_expression(right)
        case EvalCall(_, arguments):
            for argument in arguments:
                yield from _of_expression(argument)


def _wrong_variable(path: Path, keys: Collection[str] | None) -> str:
    first, *rest = path.parts
    name = ".".join(path.parts)
    if name in BUILT_IN or first in RECORD_KINDS or (_PART.match(first) and rest) or first.startswith("@"):
        return ""
    if keys is None:
        return "" if rest else f"{name} is not a variable; of a tag it is {{{{{name}.name}}}}"
    key = ".".join(path.parts[:-1]) if rest and rest[-1] == "name" else name
    if key in keys or first in keys or (rest and rest[-1] != "name"):
        return ""
    known = ", ".join(sorted(keys)) or "nothing"
    return f"{name} renders as nothing: the monitor is grouped by {known}"
