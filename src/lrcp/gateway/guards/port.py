"""What a guard is: it is given the texts of a request or of a reply, and says whether it objects, and to which places.

An evaluator becomes a guard by a factory, which gets the options that the policy states and raises InputError for wrong ones.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, Protocol

import msgspec

from lrcp.gateway.exchange import Caller

REDACTED: Final = "[redacted]"


class GuardText(msgspec.Struct, frozen=True):
    """A text and who says it: `system`, `user`, `assistant`, `tool`, or another role of the wire format.

    What is ahead of start was judged before, and is there as context only.
    """

    role: str
    text: str
    start: int = 0


class GuardInput(msgspec.Struct, frozen=True):
    """What is to be judged. wants_spans: the places are needed too, not only whether there are any."""

    side: Literal["request", "reply"]
    texts: Sequence[GuardText]
    caller: Caller
    model: str
    wants_spans: bool = False


class Span(msgspec.Struct, frozen=True):
    """A place in texts[index], in characters, and what is put there instead."""

    index: int
    start: int
    end: int
    replacement: str = REDACTED


class Verdict(msgspec.Struct, frozen=True):
    """objects: something is wrong. reason: in words for the client, which must not repeat what was judged.

    score: how sure, 0 to 1, where the guard knows. spans: without overlaps; where there are none, nothing can be redacted.
    """

    objects: bool
    reason: str = ""
    score: float | None = None
    spans: tuple[Span, ...] = ()


OK: Final = Verdict(False)


class Guard(Protocol):
    """blocking: it may take long, so it runs on a thread. It is called from several at once then.

    reach: whether it objects to a place depends on no more than so many characters from its beginning on, and on one
    ahead of it, so that a stream can be redacted as it passes; None when it must see the whole.
    """

    @property
    def blocking(self) -> bool: ...
    @property
    def reach(self) -> int | None: ...
    def judge(self, seen: GuardInput) -> Verdict: ...


GuardFactory = Callable[[Mapping[str, Any]], Guard]
