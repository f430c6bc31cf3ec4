"""Random series and random queries over them, by a seed."""

from dataclasses import dataclass
from random import Random

from tests.support.oracle.series import RawSeries

START_S = 1_700_000_000
"""A multiple of 10 s, of no longer interval."""
SPAN_S = 5 * 3600
METRICS = {"m.gauge": "gauge", "m.count": "count", "m.hits": "count", "m.rate": "rate", "m.time": "distribution"}
KEYS = ("host", "env", "team")


@dataclass
class Case:
    """What is asked. mode: grid, a reducer, or change; then kind and shift_s say which."""

    text: str
    low: int
    high: int
    mode: str
    reducer: str = "avg"
    kind: str = "change"
    shift_s: int = 0


def random_series(random: Random) -> list[RawSeries]:
    """A few series of each metric, between which points are missing in every way."""
    found: list[RawSeries] = []
    for metric, kind in METRICS.items():
        for tags in sorted({_tags(random) for _ in range(random.choice((0, 2, 4, 4, 6)))}):
            interval = random.choice((0, 10, 20, 60))
            found.append(RawSeries(metric, kind, tags, _points(random, kind), interval))
    return found


def _tags(random: Random) -> tuple[str, ...]:
    tags = {f"{key}:{random.choice('abc')}" for key in KEYS if random.random() < 0.9}
    if random.random() < 0.1:
        tags.add(f"team:{random.choice('xy')}")
    return tuple(sorted(tags))


def _points(random: Random, kind: str) -> list[tuple[float, float]]:
    step = random.choice((10, 20, 20, 30, 60, 60, 120, 400, 600))
    kept = random.choice((1.0, 1.0, 0.9, 0.5, 0.1))
    at, found = START_S + random.randrange(step), []
    while at < START_S + SPAN_S:
        if random.random() < kept:
            for _ in range(random.choice((1, 1, 3)) if kind == "distribution" else 1):
                found.append((float(at), _value(random, kind)))
        at += step if random.random() < 0.98 else step * random.randint(1, 30)
    return found


def _value(random: Random, kind: str) -> float:
    if kind == "count":
        return float(random.choice((0, 1, 2, 5, 10)))
    if kind == "gauge":
        return random.choice((0.0, float(random.randint(-5, 20)), random.uniform(-10, 100)))
    return random.choice((0.0, random.uniform(0, 3)))


def random_case(random: Random) -> Case:
    """A query and a window."""
    length = random.choice((60, 120, 300, 300, 450, 600, 900, 1800, 3600, 4 * 3600 + 300))
    low = START_S + 1800 + 10 * random.randrange(max(1, (SPAN_S - 1800 - length) // 10))
    mode = random.choice(("grid", "reduce", "reduce", "reduce", "change"))
    reducer = random.choice(("avg", "sum", "min", "max", "last", "percentile" if mode == "reduce" else "sum"))
    kind = random.choice(("change", "pct_change"))
    text = random_expression(random, 0)
    return Case(text, low, low + length, mode, reducer, kind, random.choice((60, 300, 900)))


def random_expression(random: Random, depth: int) -> str:
    """Text of an expression; by chance it is the plainest query or several levels deep."""
    choice = random.random()
    if depth >= 3 or choice < 0.45:
        return random_query(random)
    if choice < 0.7:
        left, right = random_expression(random, depth + 1), random_expression(random, depth + 1)
        if random.random() < 0.25:
            right = random.choice(("100", "0.5", "0", "3"))
        if random.random() < 0.1:
            left, right = right, left
        return f"({left} {random.choice('+-*//')} {right})"
    if choice < 0.73:
        return f"-{random_query(random)}"
    return random_call(random, random_expression(random, depth + 1))


def random_call(random: Random, inner: str) -> str:
    name = random.choice(_CALLS)
    return name.replace("$", inner).replace("#", str(random.choice((1, 2, 3, 10))))


_CALLS = (
    *("abs($)", "log2($)", "log10($)", "cumsum($)", "integral($)", "diff($)", "monotonic_diff($)", "derivative($)"),
    *("dt($)", "per_second($)", "per_minute($)", "per_hour($)", "throughput($)", "count_nonzero($)"),
    *("count_not_null($)", "exclude_null($)", "clamp_min($, #)", "clamp_max($, #)", "cutoff_min($, #)"),
    *("cutoff_max($, #)", "default_zero($)", "default_zero($)", "fill($, zero, 120)", "fill($, last, 300)"),
    *("top($, #, 'mean', 'desc')", "top($, #, 'max', 'asc')", "top($, #, 'last', 'desc')", "ewma_3($)", "ewma_5($)"),
    *("median_3($)", "median_5($)", "moving_rollup($, 300, 'avg')", "moving_rollup($, 130, 'max')"),
    *("moving_rollup($, 600, 'sum')", "moving_rollup($, 240, 'count')", "timeshift($, -300)", "hour_before($)"),
)


def random_query(random: Random) -> str:
    """Text of one metric query with whatever modifiers."""
    metric, kind = random.choice(list(METRICS.items()))
    aggregators = ["avg", "sum", "min", "max", "count"]
    aggregator = random.choice([*aggregators, "p50", "p95", "p99"] if kind == "distribution" else aggregators)
    text = f"{aggregator}:{metric}{{{_scope(random)}}}"
    if kind == "distribution" and random.random() < 0.1:
        text = f"count(v: v>={random.choice(('0.5', '1', '2'))}):{metric}{{{_scope(random)}}}"
    keys = random.sample(KEYS, random.choice((0, 0, 0, 1, 1, 2)))
    return text + (f" by {{{','.join(keys)}}}" if keys else "") + _modifiers(random, kind)


def _scope(random: Random) -> str:
    return random.choice(
        (
            "*",
            "*",
            "*",
            "*",
            "*",
            "*",
            "env:a",
            "!env:b",
            "host:a,env:b",
            "env IN (a,b)",
            "host:a OR host:b",
            "NOT env:c AND host:*",
        )
    )


def _modifiers(random: Random, kind: str) -> str:
    found = []
    if random.random() < 0.35:
        found.append(random.choice((".as_count()", ".as_count()", ".as_rate()")))
    elif kind == "gauge" and random.random() < 0.1:
        found.append(".weighted()")
    if random.random() < 0.25:
        method = random.choice(("avg", "sum", "min", "max", "count"))
        found.append(
            random.choice((f".rollup({method})", *(f".rollup({method}, {s})" for s in (20, 30, 60, 120, 300))))
        )
    if random.random() < 0.2:
        found.append(
            f".fill({random.choice(('linear', 'last', 'last, 900', 'zero', 'zero, 120', 'null', 'linear, 600'))})"
        )
    return "".join(random.sample(found, len(found)))
