"""docs/gateway/keys.md and limits.md against the code: their policies are taken, their bounds and codes are the real ones."""

import re
from pathlib import Path

import pytest

from lrcp.gateway.keys import admission
from lrcp.gateway.limits import cells, layout
from lrcp.gateway.limits.typical import FIRST_OUTPUT_TOKENS
from lrcp.gateway.stages import limits
from lrcp.model.policy.parse import parse_policy
from lrcp.model.virtual_key import MAX_KEYS, SCOPES, new_key_text

PAGES = Path(__file__).resolve().parents[2] / "docs" / "gateway"
KEYS, LIMITS = ((PAGES / name).read_text() for name in ("keys.md", "limits.md"))


def as_written(number: int) -> str:
    return f"{number:,}"


@pytest.mark.parametrize("page", [KEYS, LIMITS], ids=["keys", "limits"])
def test_the_policies_of_the_pages_are_taken(page: str) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", page, re.S)
    assert examples
    for example in examples:
        parse_policy(example.encode(), providers=())


def test_every_code_of_a_refusal_is_on_its_page() -> None:
    pattern = r'"([a-z]+_[a-z_]+)"'
    codes = {
        code for code in re.findall(pattern, Path(admission.__file__ or "").read_text()) if not code.endswith("_error")
    }
    assert codes == {"invalid_api_key", "keys_unavailable", "scope_not_allowed", "model_not_allowed"}
    assert [code for code in codes if f"`{code}`" not in KEYS] == []
    assert '"rate_limit_exceeded"' in Path(limits.__file__ or "").read_text()
    assert "`rate_limit_exceeded`" in LIMITS


def test_the_bounds_of_limits_are_the_real_ones() -> None:
    firm, open_ = (
        [as_written(table.groups * layout.GROUP_SLOTS) for table in tables]
        for tables in ((layout.WINDOWS_FIRM, layout.CALLS_FIRM), (layout.WINDOWS_OPEN, layout.CALLS_OPEN))
    )
    assert f"| processes that share a folder | {layout.MAX_WORKERS} |" in LIMITS
    assert f"per `key` at the same time | {firm[0]} windows, {firm[1]} of calls |" in LIMITS
    assert f"| counts per anything else | {open_[0]} windows, {open_[1]} of calls |" in LIMITS
    assert f"| wait for the lock | {cells.LOCK_PATIENCE_S * 1000:.0f} ms;" in LIMITS
    assert f"`{cells.FOLDER_NAME}/` there: {layout.TOTAL_BYTES / 1e6:.0f} MB" in LIMITS
    assert f"({FIRST_OUTPUT_TOKENS} until one was seen)" in LIMITS
    assert cells.REAP_PAUSE_S == 0.5
    assert "within half a second" in LIMITS


def test_the_bounds_and_forms_of_keys_are_the_real_ones() -> None:
    assert f"At most {as_written(MAX_KEYS)} keys are in force" in KEYS
    assert len(new_key_text().removeprefix("lrcp_")) == 43
    assert [scope for scope in SCOPES if f"`{scope}`" not in KEYS] == []
