"""Whole monitor queries: print and parse are each other's inverse, and every error is a QueryError."""

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcp.query.errors import OperatorError, QueryError
from lrcp.query.monitor.ast import MonitorQuery
from lrcp.query.monitor.check import check_monitor_query
from lrcp.query.monitor.heads import MONITOR_TYPES
from lrcp.query.monitor.parser import parse_monitor_query
from lrcp.query.monitor.printer import print_monitor_query
from tests.support.query_trees import TYPE_OF, monitor_queries

QUICK = settings(max_examples=150, deadline=None)
PIECES = [
    "avg(last_5m):", "change(", "pct_change(avg(last_5m),5m_ago):", "avg:x{*}", "logs(", '"a b"', ")", ".", "rollup",
    'index("x")', '.rollup("count")', '.last("5m")', '.by("a,b")', " > ", "=>", "5", "-", "threshold", "formula(",
    '"query1"', "burn_rate(", ".over(", '"7d"', "count_by_status()", "&&", "||", "!", "(", "12", "\n", "é", ",", "=",
]  # fmt: skip


@QUICK
@given(monitor_queries())
def test_a_query_that_is_printed_and_parsed_is_the_same(query: MonitorQuery) -> None:
    text = print_monitor_query(query)
    assert parse_monitor_query(TYPE_OF[type(query)], text) == query
    assert parse_monitor_query(TYPE_OF[type(query)], f"\n {text}\n ") == query


@QUICK
@given(monitor_queries(), st.sampled_from(sorted(MONITOR_TYPES)))
def test_any_query_is_taken_or_refused_by_any_type(query: MonitorQuery, type: str) -> None:
    with contextlib.suppress(QueryError):
        check_monitor_query(type, query, monitor_id=1)


@QUICK
@given(
    st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=60),
    st.sampled_from(sorted(MONITOR_TYPES)),
)
def test_any_text_is_parsed_or_refused(text: str, type: str) -> None:
    with contextlib.suppress(QueryError):
        query = parse_monitor_query(type, text)
        assert parse_monitor_query(type, print_monitor_query(query)) == query
        check_monitor_query(type, query)


@QUICK
@given(monitor_queries(), st.randoms(use_true_random=False))
def test_a_query_with_a_character_changed_is_parsed_or_refused(query: MonitorQuery, chance: random.Random) -> None:
    text = list(print_monitor_query(query))
    text[chance.randrange(len(text))] = chance.choice("(){}:,.!'\"\\ *0aé<>=&")
    with contextlib.suppress(QueryError):
        parse_monitor_query(TYPE_OF[type(query)], "".join(text))


@pytest.mark.parametrize("type", sorted(MONITOR_TYPES.keys() - {"composite", "service check"}))
@pytest.mark.parametrize(
    ("text", "operator"), [("query", ""), ("", ""), ('logs("*").rollup("count").last("5m") => 1', "=>")]
)
def test_a_query_without_a_comparison_says_which_operator_it_found(type: str, text: str, operator: str) -> None:
    with pytest.raises(OperatorError) as caught:
        parse_monitor_query(type, text)
    assert caught.value.operator == operator


@pytest.mark.parametrize("text", ["(" * 9000 + "1", "!" * 9000 + "1", " && ".join("1" * 2000), "1" * 500])
def test_a_composite_that_is_deep_or_long_is_refused_in_words(text: str) -> None:
    with pytest.raises(QueryError):
        parse_monitor_query("composite", text)
