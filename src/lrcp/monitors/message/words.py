"""What stands inside a tag: a name, and arguments in quotes, bare, or as `(eval "...")`."""

import re
from dataclasses import dataclass
from typing import Final

from lrcp.monitors.message.expression import EvalError, parse_eval
from lrcp.monitors.message.paths import parse_path
from lrcp.monitors.message.tree import Argument, Eval, Quoted

_WORD: Final = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([()])|((?:\[[^\]]*\]|[^\s"'()\[])+)|(\S))""")


@dataclass(frozen=True, slots=True)
class Words:
    """name: the first word; arguments: the others. wrong: why they cannot be read, ''."""

    name: str
    arguments: tuple[Argument, ...] = ()
    wrong: str = ""


def read_words(content: str) -> Words:
    """The words of a tag. Nothing is raised: what is wrong is told in `wrong`."""
    found = [(match.lastindex or 5, match[match.lastindex or 5]) for match in _WORD.finditer(content)]
    if not found or found[0][0] not in (4,):
        return Words("", wrong="the braces hold no name")
    try:
        return Words(found[0][1], tuple(_arguments(found[1:])))
    except EvalError as error:
        return Words(found[0][1], wrong=str(error))


def _arguments(words: list[tuple[int, str]]) -> list[Argument]:
    arguments: list[Argument] = []
    place = 0
    while place < len(words):
        kind, text = words[place]
        if kind in (1, 2):
            arguments.append(Quoted(text))
            place += 1
        elif kind == 4 and (path := parse_path(text)):
            arguments.append(path)
            place += 1
        elif [one for _, one in words[place : place + 2]] == ["(", "eval"] and _closes(words[place + 2 : place + 4]):
            arguments.append(Eval(parse_eval(words[place + 2][1])))
            place += 4
        else:
            raise EvalError(f"{text} is not expected there; expected a text in quotes")
    return arguments


def _closes(words: list[tuple[int, str]]) -> bool:
    return len(words) == 2 and words[0][0] in (1, 2) and words[1][1] == ")"
