"""Calls in progress in a slot: how many each worker process has, so that those of a dead one can be given back."""

from typing import Final

from lrcp.gateway.limits.layout import FIRST_COUNT, SLOT_WORDS

_KEPT_FOR_NS: Final = 3600 * 10**9


def in_progress(words: memoryview, slot: int) -> int:
    """Of all workers together."""
    return sum(words[slot + FIRST_COUNT : slot + SLOT_WORDS])


def begin(words: memoryview, slot: int, worker: int, now_ns: int) -> None:
    """One more."""
    words[slot + FIRST_COUNT + worker] += 1
    words[slot + 1] = now_ns + _KEPT_FOR_NS


def end(words: memoryview, slot: int, worker: int) -> None:
    """One less."""
    place = slot + FIRST_COUNT + worker
    if words[place]:
        words[place] -= 1
    if not in_progress(words, slot):
        words[slot + 1] = 0
