"""How many repeated questions the semantic cache finds, and how many answers it gives to the wrong question.

    python -m benchmarks.semantic_cache [--tune] [--show PART]

Pairs are made of benchmarks/data/semantic_{dev,heldout}.txt (see there) and of templates: within a question's block,
each two wordings are a pair that should hit, and each wording with each near miss is one that must not. Threshold and
guard were tuned on the part `dev` alone; `heldout` was only measured. `--tune` prints thresholds on dev; `--show dev`
prints what dev gets wrong.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from pathlib import Path

from benchmarks.semantic_templates import make_blocks
from lrcp.gateway.cache.embedding import BuiltinEmbedder
from lrcp.gateway.cache.guard import find_conflict, traits_of
from lrcp.model.policy.caching import SemanticCache

DATA = Path(__file__).parent / "data"
SHOULD_HIT = "paraphrase"
SWAPPED = ("negation", "number", "entity")
"""The kinds that the requirement names; `of these swapped` counts false hits on them alone."""
MAX_FALSE_HITS = 0.005


@dataclass(frozen=True)
class Pair:
    """Two questions of one block. kind: SHOULD_HIT, or what makes the second another question."""

    part: str
    block: str
    kind: str
    one: str
    other: str


@dataclass(frozen=True)
class Judged:
    """A pair with the cosine of its two questions, and the guard's objection, '' for none."""

    pair: Pair
    similarity: float
    conflict: str


def read_blocks(path: Path) -> Iterator[list[tuple[str, str]]]:
    """Blocks of (kind, text); a block's question and its other wordings are of the kind SHOULD_HIT."""
    block: list[tuple[str, str]] = []
    for line in path.read_text().splitlines():
        if line.startswith("Q ") and block:
            yield block
            block = []
        if line.startswith(("Q ", "+ ")):
            block.append((SHOULD_HIT, line[2:]))
        elif line.startswith("- "):
            kind, _, text = line[2:].partition(" ")
            block.append((kind, text))
    yield block


def pairs_of(part: str, blocks: Iterator[list[tuple[str, str]]]) -> Iterator[Pair]:
    """Wordings among each other, and with each near miss; the same text is not a pair."""
    for block in blocks:
        same = [text for kind, text in block if kind == SHOULD_HIT]
        for one, other in combinations(same, 2):
            yield Pair(part, block[0][1], SHOULD_HIT, one, other)
        for kind, text in block:
            if kind != SHOULD_HIT:
                yield from (Pair(part, block[0][1], kind, one, text) for one in same)


def judge(pairs: Sequence[Pair]) -> list[Judged]:
    """Every text embedded once, as the gateway does it."""
    texts = list(dict.fromkeys(text for pair in pairs for text in (pair.one, pair.other)))
    vectors = BuiltinEmbedder().embed_now(texts)
    at = {text: index for index, text in enumerate(texts)}
    traits = {text: traits_of(text) for text in texts}
    return [
        Judged(
            pair,
            float(vectors[at[pair.one]] @ vectors[at[pair.other]]),
            find_conflict(traits[pair.one], traits[pair.other]),
        )
        for pair in pairs
    ]


def bounds(hits: int, count: int) -> str:
    """A share in percent with its 95 % bounds (Wilson), which hold for none and for all too."""
    if not count:
        return "-"
    share, z = hits / count, 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    spread = z / (1 + z * z / count) * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return f"{share:6.2%} [{max(0.0, middle - spread):.2%}, {min(1.0, middle + spread):.2%}] ({hits} of {count})"


def is_hit(judged: Judged, threshold: float, *, guarded: bool) -> bool:
    return judged.similarity >= threshold and not (guarded and judged.conflict)


def report(title: str, judged: Sequence[Judged], threshold: float, *, guarded: bool) -> None:
    """Hits among those that should, false hits among those that must not."""
    hits = Counter((one.pair.kind == SHOULD_HIT, is_hit(one, threshold, guarded=guarded)) for one in judged)
    found = bounds(hits[True, True], hits[True, True] + hits[True, False])
    false = bounds(hits[False, True], hits[False, True] + hits[False, False])
    print(f"{title:34} threshold {threshold:.2f}  hits {found}  false hits {false}")


def report_kinds(judged: Sequence[Judged], threshold: float) -> None:
    """False hits by what makes the questions differ, without and with the guard."""
    kinds: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        if one.pair.kind != SHOULD_HIT:
            kinds[one.pair.kind].append(one)
    for kind, members in sorted(kinds.items()):
        counts = [sum(is_hit(one, threshold, guarded=guarded) for one in members) for guarded in (False, True)]
        print(f"    {kind:10} {len(members):5} pairs   false hits without guard {counts[0]:4}   with {counts[1]:4}")


def best_threshold(judged: Sequence[Judged], *, guarded: bool) -> float:
    """The lowest threshold, in steps of 0.01, that keeps false hits within MAX_FALSE_HITS."""
    near = [one for one in judged if one.pair.kind != SHOULD_HIT]
    for step in range(50, 101):
        if sum(is_hit(one, step / 100, guarded=guarded) for one in near) <= MAX_FALSE_HITS * len(near):
            return step / 100
    return 1.01


def show_mistakes(judged: Sequence[Judged], threshold: float) -> None:
    """What the guard and threshold get wrong."""
    for one in judged:
        wrong = is_hit(one, threshold, guarded=True) != (one.pair.kind == SHOULD_HIT)
        if wrong:
            print(f"{one.pair.kind:10} {one.similarity:.3f} {one.conflict:9} {one.pair.one} | {one.pair.other}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tune", action="store_true", help="print what each threshold would give on dev")
    parser.add_argument("--show", choices=("dev",), help="print the mistakes on dev")
    options = parser.parse_args()
    threshold = SemanticCache().threshold
    parts = {
        "dev": list(pairs_of("dev", read_blocks(DATA / "semantic_dev.txt"))),
        "heldout": list(pairs_of("heldout", read_blocks(DATA / "semantic_heldout.txt"))),
        "dev-templates": list(pairs_of("dev-templates", make_blocks("dev"))),
        "heldout-templates": list(pairs_of("heldout-templates", make_blocks("heldout"))),
    }
    if options.tune or options.show:
        judged = judge(parts["dev"] + parts["dev-templates"])
        if options.show:
            show_mistakes(judged, threshold)
        for step in range(70, 100, 3):
            report("dev, guard", judged, step / 100, guarded=True)
            report("dev, no guard", judged, step / 100, guarded=False)
        return
    for name, pairs in parts.items():
        judged = judge(pairs)
        report(f"{name}, with guard", judged, threshold, guarded=True)
        report(f"{name}, without guard", judged, threshold, guarded=False)
        if name.startswith("heldout"):
            swapped = [one for one in judged if one.pair.kind in SWAPPED or one.pair.kind == SHOULD_HIT]
            report(f"{name}, of these swapped", swapped, threshold, guarded=True)
            strictest = best_threshold(judged, guarded=False)
            report(f"{name}, no guard, at 0.5 %", judged, strictest, guarded=False)
            report_kinds(judged, threshold)


if __name__ == "__main__":
    main()
