"""The policy that a gateway begins with."""

from pathlib import Path

import pytest

from lrcp.app.first_policy import DEMO_POLICY, load_first_policy
from lrcp.model.errors import SettingsError
from lrcp.model.policy.document import Policy
from lrcp.reference.settings import SERVICE
from lrcp.reference.simulation import FAULTS


def test_without_a_file_everything_is_as_by_default() -> None:
    assert load_first_policy("") == Policy()


def test_the_demos_lets_the_reference_application_and_nobody_else_ask_for_what_it_asks_for() -> None:
    policy = load_first_policy(str(DEMO_POLICY))
    assert policy.faults_by_header is not None
    assert set(policy.faults_by_header.kinds) == {fault.partition(";")[0] for fault in FAULTS.values()}
    assert policy.faults_by_header.match.services == (SERVICE,)


def test_a_file_that_is_no_policy_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("routs: []")
    with pytest.raises(SettingsError, match="routs"):
        load_first_policy(str(file))
    with pytest.raises(SettingsError, match="cannot be read"):
        load_first_policy(str(tmp_path / "none.yaml"))
