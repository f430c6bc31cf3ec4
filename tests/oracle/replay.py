"""Playing a recording to a server: ids that the server made take the place of the recorded ones."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.oracle.client_models import as_text, problem_of
from tests.oracle.comparing import differences
from tests.oracle.recordings import Interaction, Recording

ID_MEMBERS: Final = frozenset(("id", "id_str", "uid", "uuid", "public_id", "token", "after", "next_cursor"))
"""Members whose values a later request may name."""
LEAST_ID: Final = 1_000
"""Smaller numbers are counts and the like, which stay as they are."""

Send = Callable[[str, str, list[tuple[str, str]], Any], tuple[int, Any, str]]
"""(method, path, query, body: a document, or the bytes of a packed one) -> (status, decoded JSON or None, text)."""


@dataclass
class Replay:
    """One playing. skip: whether an interaction is another product's; how its reply was recorded is then taken as it is."""

    send: Send
    skip: Callable[[Interaction], bool]
    shape_only: bool = False
    ids: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def play(self, recording: Recording) -> list[str]:
        """Everything that was answered otherwise than recorded, as sentences."""
        for number, interaction in enumerate(recording.interactions, 1):
            if not self.skip(interaction):
                self._play_one(interaction, f"{number}. {interaction.method} {interaction.path}")
        return self.problems

    def _play_one(self, asked: Interaction, label: str) -> None:
        path = "/".join(str(self.ids.get(part, part)) for part in asked.path.split("/"))
        query = [(name, self._in_list(value)) for name, value in asked.query]
        status, answered, text = self.send(asked.method, path, query, self._renamed(asked.body))
        if status != asked.status:
            self.problems.append(f"{label}: recorded {asked.status} {asked.reply}, answered {status} {text[:600]}")
            return
        if status >= 400:
            if answered != self._renamed(asked.reply):
                self.problems.append(f"{label}: recorded {asked.reply}, answered {text[:600]}")
            return
        self._learn(asked.reply, answered)
        if not self.shape_only:
            found = differences(self._renamed(asked.reply), answered) if asked.reply is not None else ()
            self.problems += [f"{label}: {one}" for one in found]
        self._check_model(asked, text, label)

    def _check_model(self, asked: Interaction, text: str, label: str) -> None:
        """What the client cannot read of the recording itself is not held against us."""
        problem = problem_of(asked.method, asked.path, text) if text else ""
        if problem and not problem_of(asked.method, asked.path, as_text(asked.reply)):
            self.problems.append(f"{label}: {problem}; answered {text[:600]}")

    def _learn(self, recorded: Any, answered: Any) -> None:
        if isinstance(recorded, dict) and isinstance(answered, dict):
            for name, value in recorded.items():
                if name in ID_MEMBERS and _is_id(value) and answered.get(name) is not None:
                    self.ids.setdefault(str(value), answered[name])
                else:
                    self._learn(value, answered.get(name))
        elif isinstance(recorded, list) and isinstance(answered, list):
            for one, other in zip(recorded, answered, strict=False):
                self._learn(one, other)

    def _renamed(self, value: Any) -> Any:
        """A document with our ids in the place of the recorded ones."""
        if isinstance(value, dict):
            return {name: self._renamed(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._renamed(one) for one in value]
        if isinstance(value, str):
            known = self.ids.get(value)
            return self._within(value) if known is None else str(known)
        if isinstance(value, int) and not isinstance(value, bool):
            return self.ids.get(str(value), value)
        return value

    def _within(self, text: str) -> str:
        """Ids that stand within a text, as in `SLO not found: ...`."""
        for recorded, ours in self.ids.items():
            if len(recorded) >= 6 and recorded in text:
                text = text.replace(recorded, str(ours))
        return text

    def _in_list(self, value: str) -> str:
        return ",".join(str(self.ids.get(part, part)) for part in value.split(","))


def _is_id(value: Any) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return value >= LEAST_ID
    return isinstance(value, str) and len(value) > 3
