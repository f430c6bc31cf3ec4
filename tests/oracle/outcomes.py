"""Which recordings are played, and how it goes: `python -m tests.oracle.outcomes` prints a table by area."""

import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from lrcp.store.state.store import StateStore
from tests.oracle.application import forget_all, open_test_state, playing
from tests.oracle.recordings import Interaction, Recording, load_recordings
from tests.oracle.replay import Replay
from tests.oracle.seeds import seed

TABLE: Final = Path(__file__).with_name("excluded.txt")
KINDS: Final = ("excluded", "shape", "except")
INTAKE: Final = ("/api/v1/series", "/api/v2/series", "/api/v1/distribution_points", "/api/v1/check_run")


@dataclass(frozen=True)
class Exclusions:
    """reasons: of recordings that are not played. shapes: of those whose values are another organisation's.

    members: of those of which single members differ, the paths of these.
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
        """Why a recording is not played; '' when it is. A line of the table may hold `*`."""
        return next((why for pattern, why in self.reasons.items() if fnmatchcase(name, pattern)), "")


def is_foreign(interaction: Interaction) -> bool:
    """Of another product, or of an intake, whose own tests hold it to what it takes."""
    return not interaction.area or interaction.path in INTAKE


def play(recording: Recording, state: StateStore, exclusions: Exclusions) -> list[str]:
    """What was answered otherwise than recorded; the state must be empty."""
    with playing(state, recording.frozen_s) as send:
        ids = seed(recording, send)
        replay = Replay(send=send, skip=is_foreign, shape_only=recording.name in exclusions.shapes, ids=ids)
        allowed = exclusions.members.get(recording.name, "").partition(" ")[0]
        return [one for one in replay.play(recording) if not allowed or f": {allowed}" not in one]


def main() -> int:
    """Play everything; prints what differs, then how many of each area are answered as recorded."""
    exclusions, counts = Exclusions.read(), Counter[tuple[str, str]]()
    with tempfile.TemporaryDirectory() as directory:
        state = open_test_state(Path(directory))
        for recording in load_recordings():
            if exclusions.reason(recording.name):
                counts[recording.area, "excluded"] += 1
                continue
            forget_all(state)
            problems = play(recording, state, exclusions)
            counts[recording.area, "differs" if problems else "as recorded"] += 1
            if problems:
                print(recording.name, *problems, sep="\n    ")
        state.close()
    for area in sorted({area for area, _ in counts}):
        shown = ", ".join(f"{counts[area, kind]} {kind}" for kind in ("as recorded", "differs", "excluded"))
        print(f"{area}: {shown}")
    return 1 if any(kind == "differs" for _, kind in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
