"""What differs between two policies."""

from lrcp.model.policy.diff import diff_policies
from lrcp.model.policy.parse import parse_policy

PROVIDERS = {"openai"}


def diff(before: str, after: str) -> list[tuple[str, object, object]]:
    old, new = (parse_policy(text.encode(), providers=PROVIDERS) for text in (before, after))
    return [(change.place, change.before, change.after) for change in diff_policies(old, new)]


def test_equal_policies_differ_in_nothing() -> None:
    assert diff("default_target: openai/a", "{default_target: openai/a, format: 1}".replace("{", "# \n{", 1)) == []


def test_a_member_that_goes_back_to_its_default_is_shown_with_it() -> None:
    assert diff("resilience: null", "{}") == [("$.resilience", None, {})]
    assert diff("cache: {exact: {ttl_s: 5}}", "cache: {exact: {}}") == [("$.cache.exact.ttl_s", 5.0, 3600.0)]


def test_items_are_found_by_their_names_wherever_they_stand() -> None:
    one, two = "{name: a, requests: 1}", "{name: b, requests: 2}"
    assert diff(f"limits: [{one}, {two}]", f"limits: [{one.replace('1', '7')}, {two}]") == [
        ("$.limits[name=a].requests", 1, 7)
    ]
    assert diff(f"limits: [{one}, {two}]", f"limits: [{two}]") == [
        ("$.limits[name=a]", {"name": "a", "requests": 1}, None)
    ]
    assert diff(f"limits: [{one}, {two}]", f"limits: [{two}, {one}]") == [("$.limits.order", ["a", "b"], ["b", "a"])]
