"""Which groups are kept."""

import pytest

from lrcp.model.errors import InputError
from lrcp.query.search.groups import default_limits, keep_groups

NAN = float("nan")


def kept(
    totals: dict[tuple[str, ...], float], limits: tuple[int, ...], limit: int = 1000, additive: bool = True
) -> list[str]:
    groups = list(totals)
    places = keep_groups(groups, list(totals.values()), limits, limit, additive=additive)
    return [",".join(groups[place]) for place in places]


def test_the_largest_come_first_and_equal_ones_by_name() -> None:
    assert kept({("b",): 1, ("a",): 1, ("c",): 5, ("d",): NAN}, (3,)) == ["c", "a", "b"]


def test_values_of_the_first_facet_are_ranked_by_all_of_theirs() -> None:
    totals = {("a", "x"): 3.0, ("a", "y"): 3.0, ("b", "x"): 5.0, ("c", "x"): 1.0}
    assert kept(totals, (1, 10)) == ["a,x", "a,y"]
    assert kept(totals, (1, 10), additive=False) == ["b,x"]


def test_each_value_of_the_first_facet_keeps_its_own_of_the_second() -> None:
    totals = {("a", "x"): 3.0, ("a", "y"): 2.0, ("b", "y"): 1.0}
    assert kept(totals, (2, 1)) == ["a,x", "b,y"]
    assert kept(totals, (2, 1), limit=1) == ["a,x"]


@pytest.mark.parametrize(
    ("keys", "limits"), [(0, ()), (1, (1000,)), (2, (30, 30)), (3, (10, 10, 10)), (4, (5, 5, 5, 5))]
)
def test_the_limits_are_those_that_datadog_documents(keys: int, limits: tuple[int, ...]) -> None:
    assert default_limits(keys) == limits


def test_more_than_four_facets_are_refused() -> None:
    with pytest.raises(InputError, match="at most 4 facets"):
        default_limits(5)
