"""Bounds of what one OTLP record may carry; over them a record is refused, a text is cut and says so."""

from typing import Final

MAX_TIME_NS: Final = 4_102_444_800_000_000_000
"""2100-01-01; a metric or log of a later time is a sender's mistake. Spans' times are mended by the pipeline."""

MAX_MESSAGES_BYTES: Final = 1024 * 1024
"""Of Span.input and Span.output each."""

MAX_TEXT_CHARS: Final = 32 * 1024
"""Of any other attribute's value."""

MAX_VALUE_DEPTH: Final = 32
"""Levels of nested lists and maps that are read; what is deeper becomes CUT."""

MAX_BUCKETS: Final = 512
"""Of one histogram point; the SDKs' own limit is 160."""

MAX_POINT_ATTRIBUTES: Final = 128
"""Of one metric point; the SDKs' own limit."""

MAX_POINT_COUNT: Final = 2**53
"""Of one histogram or one of its buckets; above it a float cannot count."""

CUT: Final = "...[cut]"


def cut_text(text: str, max_chars: int = MAX_TEXT_CHARS) -> str:
    """The text, or its beginning with CUT at the end when it is over the bound."""
    return text if len(text) <= max_chars else text[:max_chars] + CUT


def cut_bytes(text: str, max_bytes: int) -> str:
    """The text, or its beginning with CUT at the end when its UTF-8 form is over the bound."""
    if len(text) * 4 <= max_bytes:
        return text
    encoded = text.encode(errors="replace")
    if len(encoded) <= max_bytes:
        return text
    return encoded[: max_bytes - len(CUT)].decode(errors="ignore") + CUT
