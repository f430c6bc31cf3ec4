"""Composites over groups: which groups the parts have in common, and what parts that are missing or away make of it."""

import pytest

from lrcp.model.monitor_state import GroupState, State
from lrcp.monitors.evaluate.composite import common_groups
from lrcp.monitors.evaluate.observer import Part
from lrcp.query.errors import QueryError
from tests.unit.monitors.drive import Drive, define, every, gauge

A, K = State.ALERT, State.OK


def part(keys: tuple[str, ...], **states: State) -> Part:
    """A part by its groups' values, `a__prod` for two keys (in the order of their names)."""
    named = {}
    for name, state in states.items():
        tags = [f"{key}:{value}" for key, value in zip(sorted(keys), name.split("__"), strict=True)]
        group = ",".join(tags) or "*"
        named[group] = GroupState(group=group, state=state)
    return Part(keys, named)


def single(state: State) -> Part:
    return Part((), {"*": GroupState(group="*", state=state)})


def test_groups_are_compared_by_values_whatever_their_keys_are_called() -> None:
    keys, rows = common_groups([part(("host",), a=A, b=K), part(("instance",), b=A, c=A)])
    assert (keys, rows) == (("host",), [(("b",), (K, A))])


def test_a_part_without_groups_goes_with_every_group() -> None:
    keys, rows = common_groups([single(A), part(("host",), a=A, b=K)])
    assert (keys, rows) == (("host",), [(("a",), (A, A)), (("b",), (A, K))])


def test_parts_without_groups_make_one_without() -> None:
    assert common_groups([single(A), single(K)]) == ((), [((), (A, K))])


def test_a_part_with_fewer_keys_goes_with_the_groups_that_have_its_values() -> None:
    keys, rows = common_groups([part(("host",), a=A, c=K), part(("env", "host"), prod__a=K, dev__a=A, prod__b=A)])
    assert keys == ("env", "host")
    assert rows == [(("dev", "a"), (A, A)), (("prod", "a"), (A, K))]


def test_nothing_in_common_is_said() -> None:
    hosts = define("avg(last_5m):avg:cpu{*} by {host} > 90", id=1)
    services = define("avg(last_5m):avg:load{*} by {service} > 90", id=2)
    series = [gauge("cpu", every(60, 0, [95] * 20), "host:a"), gauge("load", every(60, 0, [95] * 20), "service:a b")]
    found = Drive(hosts, services, define("1 && 2", "composite", 3), series=series).at(600, 3)
    assert (found.state, found.note) == (State.SKIPPED, "the monitors have no group in common")


def test_a_composite_follows_its_parts_in_the_same_tick_and_says_why() -> None:
    cpu = define("avg(last_5m):avg:cpu{*} by {host} > 90", id=5)
    load = define("avg(last_5m):avg:load{*} by {host} > 4", id=4)
    series = [
        gauge("cpu", every(60, 0, [95] * 20), "host:a"), gauge("cpu", every(60, 0, [95] * 20), "host:b"),
        gauge("load", every(60, 0, [9] * 20), "host:a"), gauge("load", every(60, 0, [1] * 20), "host:b"),
    ]  # fmt: skip
    drive = Drive(define("5 && 4", "composite", 1), cpu, load, series=series)
    result = drive.at(600)
    assert [(one.group, one.kind) for one in result.transitions] == [("host:a", "alert")]
    assert result.evaluations[0].reason == "5 is Alert, 4 is Alert: 5 && 4 is Alert"
    assert drive.at(610).transitions == ()


def test_a_part_that_is_not_there_makes_it_unknown() -> None:
    found = Drive(define("5 && 6", "composite", 1)).at(600)
    assert (found.state, found.error) == (State.UNKNOWN, "monitor 5 does not exist, or cannot be evaluated")


def test_a_composite_in_a_composite_is_unknown() -> None:
    cpu = define("avg(last_5m):avg:cpu{*} > 90", id=1)
    drive = Drive(cpu, define("1 || !1", "composite", 2), define("1 || 2", "composite", 3))
    assert drive.at(600, 3).error == "monitor 2: a composite cannot be part of a composite"


def test_more_than_ten_monitors_are_refused() -> None:
    with pytest.raises(QueryError):
        Drive(define(" && ".join(str(id) for id in range(1, 12)), "composite", 99))


def test_a_new_group_of_a_composite_has_waited_with_its_parts() -> None:
    cpu = define("avg(last_1m):avg:cpu{*} by {host} > 90", id=5)
    series = [gauge("cpu", every(10, 0, [95] * 60), "host:a"), gauge("cpu", every(10, 300, [95] * 60), "host:b")]
    drive = Drive(define("5", "composite", 1, new_host_delay=300), cpu, series=series)
    drive.through(60, 600, 10)
    told = [(one.time_s, one.group) for one in drive.transitions if one.monitor_id == 1]
    assert told == [(60, "host:a"), (310, "host:b")]
