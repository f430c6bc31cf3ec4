"""A price book in which one provider has prices of its own, as simulated models have."""

from decimal import Decimal

from lrcp.evaluators.cost import TokenUsage, load_price_book
from lrcp.evaluators.cost.declared import DeclaredModel, DeclaredPrice, PriceFile

NOW_NS = 1_790_000_000 * 10**9
USAGE = TokenUsage(1000, 100)


def file(dollars: str) -> PriceFile:
    return PriceFile(
        [DeclaredModel(model="fast", provider="simulated", prices=[DeclaredPrice(input=Decimal(dollars))])]
    )


def test_prices_of_a_provider_apart_are_those_of_its_file_and_end_with_the_book() -> None:
    book = load_price_book()
    first, second = book.with_provider("simulated", file("2")), book.with_provider("simulated", file("3"))
    costs = [one.price_generation("simulated", "fast", USAGE, NOW_NS) for one in (first, second, book)]
    assert [cost.nusd for cost in costs] == [2_000_000, 3_000_000, None]
    assert costs[0].source == "computed"


def test_what_one_book_looked_up_the_other_knows() -> None:
    book = load_price_book()
    apart = book.with_provider("simulated", file("2"))
    apart.price_generation("openai", "gpt-4o-mini", USAGE, NOW_NS)
    assert book.knows("openai", "gpt-4o-mini", NOW_NS)
    assert not apart.knows("simulated", "fast", NOW_NS)
    assert apart.price_generation("openai", "gpt-4o-mini", USAGE, NOW_NS) == book.price_generation(
        "openai", "gpt-4o-mini", USAGE, NOW_NS
    )
