"""The recordings: which there are, of which area, at which time, what was asked and answered.

They are not part of this repository: `scripts/oracle.py` fetches them (`make test` does), hashed, into build/oracle.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
PIN: Final = ROOT / "requirements" / "oracle.txt"

AREAS: Final = {
    "monitors": re.compile(r"/api/v1/monitor(/|$)|/api/v2/monitor/(notification_rule|policy|template)"),
    "downtimes": re.compile(r"/api/v[12]/downtime|/api/v2/monitor/\d+/downtime_matches"),
    "SLOs": re.compile(r"/api/v[12]/slo(/|$)"),
    "dashboards": re.compile(r"/api/v[12]/dashboards?(/|$)"),
    "metrics": re.compile(r"/api/v[12]/(metrics|query|series|distribution_points|search)(/|$)"),
    "events": re.compile(r"/api/v[12]/events(/|$)"),
    "checks": re.compile(r"/api/v1/check_run"),
}
"""Area -> the paths that are its own."""
_OURS: Final = re.compile(
    r"/api/v[12]/(monitor|downtime|slo|dashboard|metrics|query|series|distribution_points|search|events|check_run)"
)


@dataclass(frozen=True)
class Interaction:
    """One request and its reply. body, reply: decoded JSON, None where there was none; bytes of a body that is packed.

    encoding: how it is packed, as Content-Encoding says; '' when it is not.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any
    status: int
    reply: Any
    encoding: str = ""

    @property
    def area(self) -> str:
        """'' for a path of another product."""
        return next((name for name, pattern in AREAS.items() if pattern.match(self.path)), "")


@dataclass(frozen=True)
class Recording:
    """One scenario. name: `v1/create_a_monitor_returns_ok_response`; frozen_s: when it was recorded, Unix seconds."""

    name: str
    frozen_s: float
    interactions: tuple[Interaction, ...] = field(repr=False)

    @property
    def areas(self) -> frozenset[str]:
        return frozenset(one.area for one in self.interactions) - {""}

    @property
    def area(self) -> str:
        """Where it is counted: the area of its last request that is not a clean-up."""
        asked = [one for one in self.interactions if one.area]
        acting = [one for one in asked if one.method != "DELETE"] or asked
        return acting[-1].area


def folder() -> Path | None:
    """Where the pinned recordings are; None when they were not fetched."""
    found = re.search(r"^([\w.-]+)==(\S+) ", PIN.read_text(), re.MULTILINE)
    assert found is not None
    place = ROOT / "build" / "oracle" / f"{found[1].replace('-', '_')}-{found[2]}"
    return place if (place / "sha256").exists() else None


@lru_cache(maxsize=1)
def load_recordings() -> tuple[Recording, ...]:
    """Every recording of our areas; () when they were not fetched."""
    place = folder()
    return () if place is None else tuple(_read_all(place))


def _read_all(place: Path) -> Iterator[Recording]:
    for version in ("v1", "v2"):
        for file in sorted((place / "tests" / version / "cassettes" / "test_scenarios").glob("test_*.yaml")):
            text = file.read_text()
            if not _OURS.search(text):
                continue
            recording = _read(f"{version}/{file.stem.removeprefix('test_')}", file, text)
            if recording.areas:
                yield recording


def _read(name: str, file: Path, text: str) -> Recording:
    document = yaml.load(text, yaml.CSafeLoader)
    frozen = datetime.fromisoformat(file.with_suffix(".frozen").read_text().strip())
    return Recording(name, frozen.timestamp(), tuple(map(_interaction, document["interactions"])))


def _interaction(document: dict[str, Any]) -> Interaction:
    asked, answered = document["request"], document["response"]
    address = urlsplit(asked["uri"])
    return Interaction(
        method=asked["method"],
        path=address.path,
        query=tuple(parse_qsl(address.query, keep_blank_values=True)),
        body=_decode(asked.get("body")),
        status=answered["status"]["code"],
        reply=_decode(answered["body"].get("string")),
        encoding=_header(asked, "content-encoding"),
    )


def _header(asked: dict[str, Any], wanted: str) -> str:
    found = {name.lower(): values for name, values in asked["headers"].items()}.get(wanted, [""])
    text = str(found[0])
    return "" if text == "identity" else text


def _decode(text: Any) -> Any:
    """JSON where it is JSON; None for nothing; else the text or bytes as they are (packed bodies)."""
    if not text:
        return None
    try:
        return json.loads(text)
    except (ValueError, UnicodeDecodeError):
        return text
