"""The tree of a template, and what is wrong with it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a template that does not mean what it was meant to. offset: characters before it, from 0; line and
    column from 1."""

    message: str
    offset: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands for itself."""

    text: str


@dataclass(frozen=True, slots=True)
class Path:
    """The name of a variable in its parts: `[dot.key].name` is ("dot.key", "name")."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Eval:
    """`eval "..."`; expression as read by expression.parse_eval."""

    expression: "EvalNode"


@dataclass(frozen=True, slots=True)
class Quoted:
    """An argument in quotes, without them."""

    text: str


Argument = Path | Quoted | Eval


@dataclass(frozen=True, slots=True)
class Insert:
    """`{{name}}` or `{{name "argument"}}`. function: '' for a variable, else eval, local_time, urlencode,
    override_priority. raw: in triple braces, not escaped."""

    arguments: tuple[Argument, ...]
    function: str = ""
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """`{{#condition arguments}} body {{else}} otherwise {{/condition}}`; negated with `^`."""

    condition: str
    arguments: tuple[Argument, ...]
    negated: bool
    body: tuple["Node", ...]
    otherwise: tuple["Node", ...] = ()


Node = Literal | Insert | Section


@dataclass(frozen=True, slots=True)
class Template:
    """nodes: in their order. problems: in the order of their places."""

    nodes: tuple[Node, ...]
    problems: tuple[Problem, ...] = ()


# --- expressions of eval ---


@dataclass(frozen=True, slots=True)
class EvalNumber:
    """A numeric literal."""

    value: float


@dataclass(frozen=True, slots=True)
class EvalText:
    """A text in quotes."""

    value: str


@dataclass(frozen=True, slots=True)
class EvalVariable:
    """A variable by its name."""

    path: Path


@dataclass(frozen=True, slots=True)
class EvalNegation:
    """`-x`."""

    operand: "EvalNode"


@dataclass(frozen=True, slots=True)
class EvalOperation:
    """`left operator right`; operator: + - * / ^ %."""

    operator: str
    left: "EvalNode"
    right: "EvalNode"


@dataclass(frozen=True, slots=True)
class EvalCall:
    """`function(arguments)`."""

    function: str
    arguments: tuple["EvalNode", ...]


EvalNode = EvalNumber | EvalText | EvalVariable | EvalNegation | EvalOperation | EvalCall
