"""Prices, by hand and against the table's own calculation."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, Provider
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcp.evaluators.cost import Cost, PriceBook, TokenUsage, load_price_book
from lrcp.model.errors import SettingsError


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


NOON = ns("2026-06-01T12:00:00")
MILLION = 1_000_000
PROVIDERS = get_snapshot().providers
ALL_MODELS = [(provider, model) for provider in PROVIDERS for model in provider.models]
PER_TOKEN_KEYS = {"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "output_reasoning_mtok"}


@pytest.fixture(scope="module")
def book() -> PriceBook:
    return load_price_book()


def declared(tmp_path: Path, *models: dict[str, object]) -> PriceBook:
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({"models": models}))
    return load_price_book(str(path))


def expected_nusd(provider: Provider, model: ModelInfo, usage: TokenUsage, when_ns: int) -> int | None:
    """The table's own answer; None where it prices the model by something that a TokenUsage does not hold."""
    at = datetime.fromtimestamp(when_ns / 10**9, UTC)
    priced = {key for key, value in vars(model.get_prices(at)).items() if value is not None}
    if not priced & (PER_TOKEN_KEYS | {"requests_kcount"}):
        return None
    counts = Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_input_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        output_reasoning_tokens=usage.reasoning_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
        web_searches=usage.web_searches,
    )
    total = model.calc_price(counts, provider, genai_request_timestamp=at).total_price
    return int((total * 10**9).to_integral_value(ROUND_HALF_UP))


@st.composite
def usages(draw: st.DrawFn) -> TokenUsage:
    total_input = draw(st.integers(1, 2_000_000))
    total_output = draw(st.integers(0, 200_000))
    cached = draw(st.integers(0, total_input))
    written = draw(st.integers(0, total_input - cached))
    return TokenUsage(
        input_tokens=total_input,
        output_tokens=total_output,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=draw(st.integers(0, total_output)),
        cache_write_1h_tokens=draw(st.none() | st.integers(0, written)),
        web_searches=draw(st.none() | st.integers(0, 50)),
    )


@settings(max_examples=10, deadline=None)
@given(usages(), st.integers(ns("2023-01-01T00:00:00") // 10**9, ns("2027-12-31T00:00:00") // 10**9))
def test_every_model_of_the_table_costs_what_the_table_says_to_the_nano_dollar(usage: TokenUsage, when_s: int) -> None:
    book = PriceBook((), max_cards=8)
    when_ns = when_s * 10**9
    compared = 0
    for provider, model in ALL_MODELS:
        if provider.find_model(model.id, all_providers=PROVIDERS) is not model:
            continue  # the table itself finds another row under this id
        cost = book.price_generation(provider.id, model.id, usage, when_ns)
        assert cost.nusd == expected_nusd(provider, model, usage, when_ns), (provider.id, model.id)
        compared += 1
    assert compared > 1500


@pytest.mark.parametrize(
    ("provider", "model", "usage", "nusd"),
    [
        # gpt-4o: 2.50 in, 1.25 cached, 10.00 out
        ("openai", "gpt-4o", TokenUsage(1000, 500), 2_500_000 + 5_000_000),
        ("openai", "gpt-4o", TokenUsage(1000, 500, 400), 600 * 2500 + 400 * 1250 + 500 * 10_000),
        # reasoning is part of output and costs the same
        ("openai", "gpt-4o", TokenUsage(0, 500, reasoning_tokens=300), 5_000_000),
        # claude haiku 3.5: 0.80 in, 1.00 cache write, 0.08 cache read, 4.00 out
        (
            "anthropic",
            "claude-3-5-haiku-20241022",
            TokenUsage(1000, 100, 300, 200),
            500 * 800 + 24_000 + 200_000 + 400_000,
        ),
        # gemini 1.5 flash: 0.075 in -> half a nano-dollar rounds up
        ("google", "gemini-1.5-flash", TokenUsage(1, 0), 75),
        (
            "anthropic",
            "claude-opus-4-5",
            TokenUsage(1000, 100, 300, 200, None, 50, 2),  # 50 of the 200 written are kept for an hour; two searches
            500 * 5000 + 300 * 500 + 150 * 6250 + 50 * 10_000 + 100 * 25_000 + 2 * 10_000_000,
        ),
    ],
)
def test_hand_computed_costs(book: PriceBook, provider: str, model: str, usage: TokenUsage, nusd: int) -> None:
    assert book.price_generation(provider, model, usage, NOON) == Cost(nusd, "computed")


def test_a_cost_beyond_63_bits_is_unknown(book: PriceBook) -> None:
    usage = TokenUsage(2**63 - 1, 2**63 - 1, None, None, None)
    assert book.price_generation("openai", "gpt-4o", usage, 1_790_000_000 * 10**9) == Cost(None, "unknown")


def test_half_a_nano_dollar_rounds_up_once_at_the_end(tmp_path: Path) -> None:
    book = declared(tmp_path, {"model": "tiny", "prices": [{"input": 0.0005, "output": 0.0004}]})
    assert book.price_generation("", "tiny", TokenUsage(1, 0), NOON).nusd == 1
    assert book.price_generation("", "tiny", TokenUsage(0, 1), NOON).nusd == 0
    assert book.price_generation("", "tiny", TokenUsage(3, 0), NOON).nusd == 2  # 1.5, not 3 rounded ones
    assert book.price_generation("", "tiny", TokenUsage(1, 1), NOON).nusd == 1  # 0.9


def test_a_tier_applies_to_all_tokens_once_the_input_is_over_its_size(book: PriceBook) -> None:
    at = book.price_generation("google", "gemini-2.5-pro", TokenUsage(200_000, 1000), NOON).nusd
    over = book.price_generation("google", "gemini-2.5-pro", TokenUsage(200_001, 1000), NOON).nusd
    assert at == 200_000 * 1250 + 1000 * 10_000
    assert over == 200_001 * 2500 + 1000 * 15_000


def test_prices_change_with_the_day_and_with_the_hour(book: PriceBook) -> None:
    def price(when: str) -> int | None:
        return book.price_generation("deepseek", "deepseek-v4-flash", TokenUsage(MILLION, 0), ns(when)).nusd

    assert price("2026-08-16T23:59:59") == price("2026-07-01T12:00:00")
    assert price("2026-09-10T05:00:00") == 150_000_000
    assert price("2026-09-10T03:59:59") == 300_000_000
    assert price("2026-09-10T04:00:00") == 150_000_000


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("local", "gpt-4o"),
        ("openai", "no-such-model"),
        ("", ""),
        ("vllm", "meta-llama/Llama-3.1-8B-Instruct"),
        ("groq", "whisper-large-v3"),
    ],
)
def test_an_unknown_price_is_none_and_never_zero(book: PriceBook, provider: str, model: str) -> None:
    assert book.price_generation(provider, model, TokenUsage(10, 10), NOON) == Cost(None, "unknown")


def test_without_any_count_the_cost_is_unknown(book: PriceBook) -> None:
    assert book.price_generation("openai", "gpt-4o", TokenUsage(), NOON) == Cost(None, "unknown")


@pytest.mark.parametrize(
    ("provider", "model", "same_as"),
    [
        ("azure_openai", "gpt-4o-2024-08-06", ("azure", "gpt-4o")),
        ("az.ai.openai", "gpt-4o", ("openai", "gpt-4o")),
        ("azure.ai.openai", "gpt-4o", ("openai", "gpt-4o")),
        ("gcp.gemini", "models/gemini-2.5-flash", ("google", "gemini-2.5-flash")),
        ("gemini", "gemini-2.5-flash", ("google", "gemini-2.5-flash")),
        (
            "vertex_ai",
            "projects/p/locations/l/publishers/google/models/gemini-2.5-flash",
            ("google", "gemini-2.5-flash"),
        ),
        ("gcp.vertex_ai", "claude-sonnet-4-5@20250929", ("google", "claude-sonnet-4-5")),
        ("OpenAI", "GPT-4o", ("openai", "gpt-4o")),
        ("", "gpt-4o", ("openai", "gpt-4o")),
        ("litellm", "anthropic/claude-3-5-haiku-20241022", ("anthropic", "claude-3-5-haiku-20241022")),
        ("openai", "openai/gpt-4o", ("openai", "gpt-4o")),
        ("aws.bedrock", "anthropic.claude-3-haiku-20240307-v1:0", ("aws", "anthropic.claude-3-haiku-20240307-v1:0")),
        ("bedrock", "us.meta.llama3-1-70b-instruct-v1:0", ("aws", "meta.llama3-1-70b-instruct-v1:0")),
        ("api.openai.com", "gpt-4o", ("openai", "gpt-4o")),
        ("generativelanguage.googleapis.com", "gemini-2.5-flash", ("google", "gemini-2.5-flash")),
    ],
)
def test_spellings_of_tracers_find_the_price(
    book: PriceBook, provider: str, model: str, same_as: tuple[str, str]
) -> None:
    usage = TokenUsage(123_457, 8_911, 1_000)
    cost = book.price_generation(provider, model, usage, NOON)
    assert cost.nusd is not None
    assert cost == book.price_generation(*same_as, usage, NOON)


def test_batch_and_flex_calls_cost_their_own_price(book: PriceBook) -> None:
    usage = TokenUsage(1000, 1000)
    standard = book.price_generation("anthropic", "claude-opus-4-5", usage, ns("2026-11-01T12:00:00")).nusd
    assert standard is not None
    assert (
        book.price_generation("anthropic", "claude-opus-4-5", usage, ns("2026-11-01T12:00:00"), "batch").nusd
        == standard // 2
    )


def test_declared_prices_come_before_the_table_and_change_on_their_day(tmp_path: Path) -> None:
    entry = {
        "model": "gpt-4o*",
        "prices": [{"input": 1, "output": 2}, {"from": "2026-06-02", "input": "0.5", "output": 2}],
    }
    book = declared(tmp_path, entry)
    assert book.price_generation("openai", "gpt-4o-mini", TokenUsage(MILLION, 0), NOON).nusd == 10**9
    assert (
        book.price_generation("openai", "gpt-4o-mini", TokenUsage(MILLION, 0), ns("2026-06-02T00:00:00")).nusd
        == 5 * 10**8
    )
    assert book.price_generation("openai", "gpt-4.1", TokenUsage(MILLION, 0), NOON).nusd == 2 * 10**9


def test_a_declared_provider_restricts_the_price_to_it(tmp_path: Path) -> None:
    book = declared(
        tmp_path, {"provider": "vllm", "model": "mine", "prices": [{"input": 3, "cached_input": 1, "output": 4}]}
    )
    assert book.price_generation("vllm", "mine", TokenUsage(MILLION, 0, MILLION), NOON).nusd == 10**9
    assert book.price_generation("ollama", "mine", TokenUsage(MILLION, 0), NOON).source == "unknown"


def test_a_model_with_no_price_yet_on_the_day_is_unknown(tmp_path: Path) -> None:
    book = declared(tmp_path, {"model": "new", "prices": [{"from": "2026-06-02", "input": 1, "output": 1}]})
    assert book.price_generation("", "new", TokenUsage(1, 1), NOON) == Cost(None, "unknown")


def test_the_local_model_has_a_shadow_price(book: PriceBook) -> None:
    cost = book.price_generation("local", "smollm2-135m-instruct", TokenUsage(MILLION, MILLION), NOON)
    assert cost == Cost(100_000_000, "computed")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"models": [{"model": "m", "prices": [{"inptu": 1}]}]}', "inptu"),
        ('{"models": [{"model": "m", "prices": [{"input": -1}]}]}', "0 or more"),
        ("nonsense", "not a price file"),
    ],
)
def test_a_wrong_price_file_is_refused_with_the_place(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "prices.json"
    path.write_text(content)
    with pytest.raises(SettingsError, match=said):
        load_price_book(str(path))


def test_a_missing_price_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.json"):
        load_price_book(str(tmp_path / "gone.json"))


def test_the_cards_kept_are_bounded() -> None:
    book = PriceBook((), max_cards=3)
    for number in range(10):
        book.price_generation("openai", f"invented-{number}", TokenUsage(1, 1), NOON)
    assert [book.knows("openai", f"invented-{number}", NOON) for number in range(10)] == [False] * 7 + [True] * 3


def test_parts_that_exceed_their_whole_are_priced_and_nothing_else(tmp_path: Path) -> None:
    book = declared(tmp_path, {"model": "m", "prices": [{"input": 1, "cached_input": 0.1, "output": 1}]})
    assert book.price_generation("", "m", TokenUsage(10, 0, 100), NOON).nusd == 100 * 100


def test_the_price_table_is_not_imported_before_a_price_is_asked_for() -> None:
    code = (
        "import sys; from lrcp.evaluators.cost import load_price_book, TokenUsage; book = load_price_book();"
        "book.price_generation('local', 'smollm2-135m-instruct', TokenUsage(1, 1), 0);"
        "sys.exit('genai_prices' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_decimal_prices_are_kept_whole(tmp_path: Path) -> None:
    book = declared(tmp_path, {"model": "m", "prices": [{"input": "0.000000001", "output": 0}]})
    nusd = book.price_generation("", "m", TokenUsage(10**12, 0), NOON).nusd
    assert nusd == int(Decimal("0.000000001") * 10**12 * 1000)
