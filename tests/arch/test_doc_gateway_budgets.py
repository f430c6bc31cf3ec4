"""docs/gateway/budgets.md and ladder.md against the records of the policy, the bounds and the codes."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from lrcp.gateway.budgets.keeper import CLOSE_S, MAX_LEASES, RECOVER_S, SYNC_S, WAIT_S
from lrcp.gateway.policy.known import KNOWN_PROVIDERS
from lrcp.model.policy.admission import Budget, LadderStep, Pressure
from lrcp.model.policy.parse import parse_policy
from lrcp.store.state.budgets import HEARTBEAT_TIMEOUT_NS, KEEP_NS

ROOT = Path(__file__).resolve().parents[2]
PAGES = {name: (ROOT / "docs" / "gateway" / f"{name}.md").read_text() for name in ("budgets", "ladder")}
STAGES = "".join((ROOT / "src/lrcp/gateway/stages" / f"{name}.py").read_text() for name in PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_are_policies(page: str) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", PAGES[page], re.DOTALL)
    assert examples
    for example in examples:
        policy = parse_policy(example.encode(), providers=KNOWN_PROVIDERS)
        assert policy.budgets or policy.ladder


@pytest.mark.parametrize(("page", "record"), [("budgets", Budget), ("ladder", Pressure)])
def test_every_member_is_in_the_table(page: str, record: type[msgspec.Struct]) -> None:
    assert [name for name in record.__struct_fields__ if f"\n| `{name}` |" not in PAGES[page]] == []


def test_defaults_are_those_of_the_records() -> None:
    for name in ("warn_at", "at_cap", "unknown_price", "answer_tokens", "every", "per"):
        default = next(field.default for field in msgspec.structs.fields(Budget) if field.name == name)
        shown = (
            f"{default:,}" if isinstance(default, int) else f"{default:g}" if isinstance(default, float) else default
        )
        assert re.search(rf"\| `{name}` \| `?{shown}`? \|", PAGES["budgets"]), name
    for field in msgspec.structs.fields(Pressure):
        shown = "off" if field.default is None else f"{field.default:g}"
        assert f"| `{field.name}` | {shown} |" in PAGES["ladder"]


def test_every_step_is_explained() -> None:
    (steps,) = [field.type for field in msgspec.structs.fields(LadderStep) if field.name == "do"]
    assert [step for step in get_args(steps) if f"`{step}`" not in PAGES["ladder"]] == []


def test_every_code_is_on_a_page() -> None:
    codes = re.findall(r'code="(\w+)"', STAGES)
    assert sorted(codes) == ["budget_exceeded", "budget_unavailable", "shed", "unknown_price"]
    assert [code for code in codes if f"`{code}`" not in "".join(PAGES.values())] == []


def test_bounds_are_those_of_the_code() -> None:
    page = PAGES["budgets"]
    for words in (
        f"every {SYNC_S * 1000:g} ms",
        f"does not answer within {WAIT_S:g} s",
        f"more than {MAX_LEASES:,} accounts",
        f"settled and given back within {CLOSE_S:g} s",
        f"settles it, within {RECOVER_S:g} s",
        f"{HEARTBEAT_TIMEOUT_NS // 10**9} s after its last sign of life",
        f"kept for {KEEP_NS // (86_400 * 10**9)} days",
    ):
        assert words in page
