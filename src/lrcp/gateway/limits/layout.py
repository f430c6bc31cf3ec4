"""How the cells lie in memory: 64-bit words, in slots of 64, in groups of eight slots, in four tables.

A slot belongs to one limit and one value (a key, a session ...). Its words:

    0        hash of limit and value; 0: nobody's
    1        Unix nanoseconds from which it may give way: when a window counts nothing any more; for calls in progress
             an hour after the last of them began, 0 when there are none
    2        sum of the words below (of windows only)
    3..63    windows: what was counted in each of the last 61 sixtieths of the window, at 3 + number % 61
             calls in progress: how many each of up to 61 worker processes has

A hash decides the group; within it any slot will do. When all eight are taken, the one that is idle longest, or else
the one that will be so soonest, gives way. So memory is the same for a thousand sessions and for a million.

What a client can name freely (a session, a user, a model) has tables of its own, so that a flood of such names does
not push out the cells of keys, or of a limit over everything.
"""

from typing import Final, NamedTuple

SLOT_WORDS: Final = 64
FIRST_COUNT: Final = 3
COUNTS: Final = SLOT_WORDS - FIRST_COUNT
GROUP_SLOTS: Final = 8
GROUP_WORDS: Final = GROUP_SLOTS * SLOT_WORDS
MAX_WORKERS: Final = COUNTS

_HEADER_WORDS: Final = GROUP_WORDS
SALT_WORD: Final = 1
"""Of the header: a secret of this file, so that nobody outside can choose names that fall into one group."""


class Table(NamedTuple):
    """first: index of its first word. groups: how many groups of eight slots."""

    first: int
    groups: int


def _lay_out(*groups: int) -> tuple[Table, ...]:
    tables, first = [], _HEADER_WORDS
    for count in groups:
        tables.append(Table(first, count))
        first += count * GROUP_WORDS
    return tuple(tables)


WINDOWS_FIRM, WINDOWS_OPEN, CALLS_FIRM, CALLS_OPEN = _lay_out(1024, 4096, 256, 512)
"""8,192 windows of keys and of everything, 32,768 of what clients name; 2,048 and 4,096 counts of calls in progress."""

TOTAL_WORDS: Final = CALLS_OPEN.first + CALLS_OPEN.groups * GROUP_WORDS
TOTAL_BYTES: Final = TOTAL_WORDS * 8
