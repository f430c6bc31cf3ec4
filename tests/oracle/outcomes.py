"""Which recordings are played, and how it goes: `python -m tests.oracle.outcomes` prints a table by area.

With `--write` it writes recordings.txt, the list of all of them with how each is played.
"""

import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from lrcp.store.state.store import StateStore
from tests.oracle.application import forget_all, open_test_state, playing
from tests.oracle.recordings import Interaction, Recording, load_recordings
from tests.oracle.replay import Replay, Send
from tests.oracle.seeds import seed
from tests.oracle.served import sender
from tests.oracle.shifting import moved_to
from tests.support.lrcp_server import running_server

TABLE: Final = Path(__file__).with_name("excluded.txt")
LIST: Final = Path(__file__).with_name("recordings.txt")
KINDS: Final = ("excluded", "shape", "except")
AREAS: Final = ("monitors", "downtimes", "SLOs", "dashboards")
"""Played to the application in this process, at the time of the recording."""
SERVED_AREAS: Final = ("metrics", "events", "checks")
"""Played to the whole server over a socket, at today's time."""


@dataclass(frozen=True)
class Exclusions:
    """reasons: of recordings that are not played. shapes: of those whose values are another organisation's.

    members: of those of which single members differ, the paths of these. A name may hold `*`.
    """

    reasons: dict[str, str]
    shapes: dict[str, str]
    members: dict[str, str]

    @classmethod
    def read(cls) -> "Exclusions":
        """The table, see its first lines."""
        lines = [line.split(maxsplit=2) for line in TABLE.read_text().splitlines() if line.strip() and line[0] != "#"]
        by_kind = {kind: {name: why for k, name, why in lines if k == kind} for kind in KINDS}
        return cls(by_kind["excluded"], by_kind["shape"], by_kind["except"])

    @property
    def names(self) -> list[str]:
        return [*self.reasons, *self.shapes, *self.members]

    def reason(self, name: str) -> str:
        """Why a recording is not played; '' when it is."""
        return _find(self.reasons, name)

    def problems(self, recording: Recording, send: Send) -> list[str]:
        """What is answered otherwise than recorded, without what the table allows."""
        shape_only, ids = bool(_find(self.shapes, recording.name)), seed(recording, send)
        found = Replay(send=send, skip=is_foreign, shape_only=shape_only, ids=ids).play(recording)
        allowed = _find(self.members, recording.name).partition(" ")[0]
        return [one for one in found if not allowed or f": {allowed}" not in one]

    def how(self, name: str) -> str:
        """`excluded`; `shape`: status and shape; `except`: all but a member; `whole`."""
        for kind, table in (("excluded", self.reasons), ("shape", self.shapes), ("except", self.members)):
            if _find(table, name):
                return kind
        return "whole"


def _find(table: dict[str, str], name: str) -> str:
    return next((why for pattern, why in table.items() if fnmatchcase(name, pattern)), "")


def is_foreign(interaction: Interaction) -> bool:
    """Of another product."""
    return not interaction.area


def play(recording: Recording, state: StateStore, exclusions: Exclusions) -> list[str]:
    """What the application answers otherwise than recorded; the state must be empty."""
    with playing(state, recording.frozen_s) as send:
        return exclusions.problems(recording, send)


def play_served(recording: Recording, url: str, exclusions: Exclusions) -> list[str]:
    """What a server answers otherwise than recorded."""
    today = moved_to(recording, time.time())
    return exclusions.problems(today, sender(url, today))


def list_recordings() -> str:
    """Every recording of our areas, a line each: area, how it is played, name."""
    exclusions = Exclusions.read()
    return "".join(sorted(f"{one.area} {exclusions.how(one.name)} {one.name}\n" for one in load_recordings()))


def main() -> int:
    """Play everything; prints what differs, then how many of each area are answered as recorded."""
    if "--write" in sys.argv:
        LIST.write_text(list_recordings())
    exclusions, counts = Exclusions.read(), Counter[tuple[str, str]]()
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        state = open_test_state(Path(directory))
        stack.callback(state.close)
        server = stack.enter_context(running_server(Path(directory)))
        for recording in load_recordings():
            if exclusions.reason(recording.name):
                counts[recording.area, "excluded"] += 1
                continue
            forget_all(state)
            served = recording.area in SERVED_AREAS
            problems = play_served(recording, server.url, exclusions) if served else play(recording, state, exclusions)
            counts[recording.area, "differs" if problems else "as recorded"] += 1
            if problems:
                print(recording.name, *problems, sep="\n    ")
    for area in (*AREAS, *SERVED_AREAS):
        shown = ", ".join(f"{counts[area, kind]} {kind}" for kind in ("as recorded", "differs", "excluded"))
        print(f"{area}: {shown}")
    return 1 if any(kind == "differs" for _, kind in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
