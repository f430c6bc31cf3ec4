"""SLOs over the store: the cases of tests/spec/slo that have series, read by SQL, and the same figures."""

import pytest

from lrcp.monitors.slo.history import aligned
from lrcp.monitors.slo.measure import measure_of
from tests.contract.source.filled import FilledStore
from tests.support.slo_cases import Case, read_slo_cases, series_of_case, slo_of_case, time_s

CASES = [case for name in ("events.yaml", "slices.yaml") for case in read_slo_cases(name) if case["series"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_store_gives_the_figures_of_the_case(case: Case, embedded_store: FilledStore) -> None:
    measure = measure_of(slo_of_case(case))
    answer = embedded_store.fill(series_of_case(case))
    from_s, to_s = aligned(measure, *map(time_s, case["period"]))
    found = measure.history(from_s, to_s, answer(measure.history_scans(from_s, to_s)))
    assert found.overall.sli is not None
    assert found.overall.sli * 100 == pytest.approx(case["sli"], abs=1e-3)
    if "groups" in case:
        wanted = {name: pytest.approx(value, abs=1e-3) for name, value in case["groups"].items()}
        assert {part.name: (part.sli or 0) * 100 for part in found.groups} == wanted
    good, valid = measure.ratio(from_s, to_s, answer(measure.scans(from_s, to_s)))
    assert good / valid == pytest.approx(found.overall.sli)
