"""How long the price of one generation takes: `python benchmarks/pricing.py`. Prints microseconds per call, the card resolved."""

import timeit

from lrcp.evaluators.cost import TokenUsage, load_price_book

MODELS = [
    ("openai", "gpt-4o-mini"),
    ("google", "gemini-2.5-pro"),
    ("deepseek", "deepseek-v4-flash"),
    ("local", "smollm2-135m-instruct"),
]
CALLS = 200_000


def main() -> None:
    book = load_price_book()
    usage = TokenUsage(12_345, 678, 1_000, 0, 100)
    when_ns = 1_790_000_000 * 10**9
    for provider, model in MODELS:
        first_s = timeit.timeit(lambda: book.price_generation(provider, model, usage, when_ns), number=1)  # noqa: B023
        total_s = timeit.timeit(lambda: book.price_generation(provider, model, usage, when_ns), number=CALLS)  # noqa: B023
        print(
            f"{provider + '/' + model:32s} first {first_s * 1000:8.2f} ms, then {total_s / CALLS * 1e6:.2f} us a call"
        )


if __name__ == "__main__":
    main()
