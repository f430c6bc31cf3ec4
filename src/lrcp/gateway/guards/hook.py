"""Hook: one guard of a policy at its place, and what its word leads to."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NoReturn

from lrcp.gateway.errors import RefusedError
from lrcp.gateway.exchange import Exchange
from lrcp.gateway.guards.asking import Asker, GuardState
from lrcp.gateway.guards.port import GuardFactory, GuardInput, GuardText, Verdict
from lrcp.gateway.scope import compile_scope
from lrcp.model.errors import InputError
from lrcp.model.policy.admission import Guard

Side = Literal["request", "reply"]

HEADER: Final = b"x-lrcp-guard"
UNCHECKED_HEADER: Final = b"x-lrcp-guard-unchecked"
BLOCKED: Final = "guard_blocked"
UNCHECKED: Final = "guard_unchecked"
_WHAT: Final = {"request": "request", "reply": "answer"}
_MAX_REASON_CHARS: Final = 200


class Hook:
    """A guard that a policy asks for."""

    def __init__(self, section: Guard, asker: Asker) -> None:
        self.asker = asker
        self.action = section.action
        self.on = section.on
        self._name = section.name
        self._passes_unchecked = section.on_timeout == "pass"
        self._matches = compile_scope(section.match)

    def applies(self, exchange: Exchange) -> bool:
        return self._matches is None or self._matches(exchange)

    @property
    def slides(self) -> bool:
        """Whether a stream can be redacted as it passes."""
        return self.action == "redact" and self.asker.inline and self.asker.guard.reach is not None

    @property
    def holds(self) -> bool:
        """Whether a stream must be held back to its end."""
        return self.action != "mark" and not self.slides

    def make_input(self, exchange: Exchange, side: Side, texts: Sequence[GuardText]) -> GuardInput:
        return GuardInput(side, texts, exchange.caller, exchange.call.model, self.action == "redact")

    def obey(self, exchange: Exchange, side: Side, verdict: Verdict | None) -> bool:
        """Do as the policy says. Returns: whether the verdict's places are to be redacted. Raises: RefusedError."""
        if verdict is None:
            self.pass_unchecked(exchange, side)
            return False
        if not verdict.objects:
            return False
        if verdict.score is not None:
            exchange.notes[f"guard_{self._name}_score"] = f"{verdict.score:.2f}"
        if self.action == "mark":
            self._note(exchange, "flagged", HEADER)
        elif self.action == "redact" and verdict.spans:
            self._note(exchange, "redacted", HEADER)
            return True
        else:
            self._note(exchange, "blocked", HEADER)
            self._refuse(side, verdict.reason)
        return False

    def pass_unchecked(self, exchange: Exchange, side: Side) -> None:
        """There is no verdict. Raises: RefusedError - the policy wants one."""
        self._note(exchange, "unchecked", UNCHECKED_HEADER)
        if not self._passes_unchecked:
            raise RefusedError(
                f"the guard '{self._name}' could not judge this {_WHAT[side]}, and none passes without its word",
                status=503,
                kind="service_unavailable",
                code=UNCHECKED,
                retry_after_s=1.0,
            )

    def _refuse(self, side: Side, reason: str) -> NoReturn:
        why = f": {reason[:_MAX_REASON_CHARS]}" if reason else ""
        raise RefusedError(
            f"the guard '{self._name}' does not let this {_WHAT[side]} through{why}",
            status=400,
            kind="invalid_request_error",
            code=BLOCKED,
        )

    def _note(self, exchange: Exchange, what: str, header: bytes) -> None:
        """A tag of the span, and a header, once each."""
        exchange.notes[f"guard_{self._name}"] = what
        told = (header, self._name.encode())
        if told not in exchange.reply_headers:
            exchange.reply_headers.append(told)


def make_hooks(guards: Sequence[Guard], factories: Mapping[str, GuardFactory], state: GuardState) -> tuple[Hook, ...]:
    """The hooks of a policy, in its order. Raises: InputError - a guard is not known, or its options are wrong."""
    return tuple(_make_hook(number, guard, factories, state) for number, guard in enumerate(guards))


def _make_hook(number: int, section: Guard, factories: Mapping[str, GuardFactory], state: GuardState) -> Hook:
    factory = factories.get(section.uses)
    if factory is None:
        raise InputError(f"guards[{number}].uses: no guard is called {section.uses!r}; known: {', '.join(factories)}")
    try:
        guard = factory(section.options)
    except InputError as error:
        raise InputError(f"guards[{number}].options: {error}") from error
    return Hook(section, Asker(section.name, guard, section.timeout_ms, state))
