"""An operation told as an APM span and as an LLM Observability event is one row, counted once."""

from pathlib import Path

import pytest

from lrcp.model.batch import Batch
from lrcp.model.span import Span
from tests.support.telemetry import Stack, make_span, with_stack

REQUESTS = "SELECT sum(sum) FROM metrics WHERE metric = 'llm.request.count'"


def apm() -> Span:
    return make_span(5, name="openai.request", resource="createChatCompletion", kind="client", awaits="llmobs",
                     source="ddtrace", tags={"http": "1"})  # fmt: skip


def llmobs() -> Span:
    return make_span(5, name="chat", kind="llm", provider="openai", model="gpt-4o", input_tokens=3, output_tokens=4, input="hi",
                     awaits="apm", source="llmobs", tags={"ml": "2"})  # fmt: skip


MERGED = [("chat", "createChatCompletion", "llm", "gpt-4o", 4, 47_500, "hi", {"http": "1", "ml": "2"}, "")]
ROWS = "SELECT name, resource, kind, model, output_tokens, cost_nusd, input, tags, awaits FROM spans"


@pytest.mark.parametrize("order", [(apm, llmobs), (llmobs, apm)])
@pytest.mark.parametrize("together", [True, False])
def test_two_views_become_one_row_counted_once(tmp_path: Path, order, together: bool) -> None:
    async def scenario(stack: Stack) -> None:
        batches = [Batch(spans=[view() for view in order])] if together else [Batch(spans=[view()]) for view in order]
        for batch in batches:
            await stack.pipeline.consume(batch)
        await stack.store.on_writer(stack.committer.tidy)
        assert await stack.rows(ROWS) == MERGED
        assert await stack.rows(REQUESTS) == [(1.0,)]

    with_stack(tmp_path, scenario)


def test_a_view_told_again_after_the_merge_changes_nothing(tmp_path: Path) -> None:
    async def scenario(stack: Stack) -> None:
        for view in (apm, llmobs, apm, llmobs):
            await stack.pipeline.consume(Batch(spans=[view()]))
        await stack.store.on_writer(stack.committer.tidy)
        assert await stack.rows(ROWS) == MERGED

    with_stack(tmp_path, scenario)


def test_a_crash_between_storing_the_merged_row_and_removing_the_old_one_is_mended(tmp_path: Path) -> None:
    async def crash(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(spans=[apm()]))
        merged = make_span(5, name="chat", kind="llm")
        await stack.pipeline.consume(Batch(spans=[merged]))
        assert await stack.rows("SELECT count() FROM spans") == [(2,)]

    async def after(stack: Stack) -> None:
        assert await stack.rows("SELECT name, awaits FROM spans") == [("chat", "")]

    with_stack(tmp_path, crash)
    with_stack(tmp_path, after)


def test_spans_of_other_traces_with_the_same_span_id_stay_apart(tmp_path: Path) -> None:
    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(spans=[apm()]))
        other = llmobs()
        other.trace_id = "f" * 32
        await stack.pipeline.consume(Batch(spans=[other]))
        assert await stack.rows("SELECT count() FROM spans") == [(2,)]

    with_stack(tmp_path, scenario)
