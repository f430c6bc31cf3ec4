"""How long to wait before the next try."""

from lrcp.kit.backoff import Backoff


def test_the_ceiling_doubles_up_to_the_cap() -> None:
    backoff = Backoff(base_s=0.1, cap_s=1.0, chance=lambda: 1.0)
    assert [round(backoff.delay_s(failures), 3) for failures in range(1, 7)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert backoff.delay_s(10_000) == 1.0


def test_jitter_takes_a_share_of_the_ceiling_but_never_less_than_the_least() -> None:
    assert Backoff(base_s=1.0, chance=lambda: 0.0).delay_s(1) == 0.0
    assert Backoff(base_s=1.0, least_share=0.5, chance=lambda: 0.0).delay_s(1) == 0.5
    assert Backoff(base_s=1.0, least_share=0.5, chance=lambda: 0.5).delay_s(1) == 0.75
