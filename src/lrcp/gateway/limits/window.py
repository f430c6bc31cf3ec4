"""A sliding window in a slot: what was counted in the last sixty sixtieths of it, and in the one of now.

Why not GCRA, which needs one number only: with a burst as large as the limit it lets nearly twice the limit through
in one window (the burst, and what refills meanwhile); with a smaller one, a limit of 60 a minute refuses the second
request of a second. Here no window ever holds more than the limit. The price is that a request counts for up to a
sixtieth longer than the window.

All functions take `slot`, the index of its first word in `words` (see layout.py), and work under the cells' lock.
bucket is the number of a sixtieth since 1970: Unix time // width_ns. A process that dies halfway leaves at worst its
own request uncounted, or the sum of one bucket off until the next begins.
"""

from typing import Final

from lrcp.gateway.limits.layout import COUNTS, FIRST_COUNT, SLOT_WORDS

PARTS: Final = COUNTS - 1
_NO_COUNTS: Final = memoryview(bytes(8 * COUNTS)).cast("Q")


def width_of(period_ns: int) -> int:
    """Nanoseconds of a sixtieth of a window, rounded up, so that sixty of them are never less than the window."""
    return -(-period_ns // PARTS)


def advance(words: memoryview, slot: int, width_ns: int, now_ns: int) -> int:
    """Forget what is older than the window. Returns: the bucket to count in; words[slot + 2] is the sum then."""
    bucket = now_ns // width_ns
    newest = words[slot + 1] // width_ns - COUNTS
    if newest == bucket:
        return bucket
    if newest > bucket:
        if newest - bucket < COUNTS:
            return newest  # the clock went back a little: what was counted stays counted
        newest = bucket - COUNTS  # by more than a window: as if nothing had been counted
    if bucket - newest >= COUNTS:
        words[slot + FIRST_COUNT : slot + SLOT_WORDS] = _NO_COUNTS
        words[slot + 2] = 0
    else:
        for old in range(newest + 1, bucket + 1):
            words[slot + FIRST_COUNT + old % COUNTS] = 0
        words[slot + 2] = sum(words[slot + FIRST_COUNT : slot + SLOT_WORDS])
    words[slot + 1] = (bucket + COUNTS) * width_ns
    return bucket


def add(words: memoryview, slot: int, bucket: int, amount: int) -> None:
    """Count so much in the bucket of now."""
    words[slot + FIRST_COUNT + bucket % COUNTS] += amount
    words[slot + 2] += amount


def correct(words: memoryview, slot: int, counted: int, bucket: int, difference: int) -> None:
    """Make good for an estimate.

    Args:
        counted: the bucket that it was counted in, if it is still in the window.
        bucket: the bucket of now, which takes what was used beyond an estimate that is no longer in the window.
        difference: what was used less what was counted.
    """
    if bucket - counted >= COUNTS:
        if difference <= 0:
            return
        counted = bucket
    place = slot + FIRST_COUNT + counted % COUNTS
    before = words[place]
    words[place] = max(0, before + difference)
    words[slot + 2] = max(0, words[slot + 2] + words[place] - before)


def wait_ns(words: memoryview, slot: int, width_ns: int, bucket: int, now_ns: int, excess: int) -> int:
    """Nanoseconds until so much of what is counted is out of the window; excess is at most what is counted."""
    freed = 0
    for old in range(bucket - PARTS, bucket + 1):
        freed += words[slot + FIRST_COUNT + old % COUNTS]
        if freed >= excess:
            return (old + COUNTS) * width_ns - now_ns
    return COUNTS * width_ns
