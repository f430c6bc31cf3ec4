"""The kinds of traffic, as data."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How traffic is shaped.

    endpoints: path -> its share. document_chars, repetitions: smallest and largest. drawbacks: the shares of questions
    that are sound, have no answer in the document, are contradicted by it, or are vague. long_reasoning: the share of
    prompts that ask for pages. burst: requests that arrive at once; the mean rate stays.
    """

    name: str
    endpoints: dict[str, int] = field(default_factory=lambda: {"/qa": 78, "/reason": 20, "/stress": 2})
    document_chars: tuple[int, int] = (300, 1_400)
    repetitions: tuple[int, int] = (2, 3)
    drawbacks: tuple[int, int, int, int] = (92, 4, 2, 2)
    long_reasoning: float = 0.02
    burst: int = 1


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(name="normal"),
        Profile(
            name="cost-spike",
            endpoints={"/qa": 45, "/reason": 15, "/stress": 40},
            document_chars=(20_000, 90_000),
            repetitions=(8, 30),
        ),
        Profile(name="quality-drop", endpoints={"/qa": 95, "/reason": 5}, drawbacks=(8, 40, 32, 20)),
        Profile(name="latency-spike", endpoints={"/qa": 25, "/reason": 75}, long_reasoning=0.95, burst=12),
    )
}
