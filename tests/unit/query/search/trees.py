"""Random searches in the normal form that the parser gives."""

import ipaddress

from hypothesis import strategies as st

from lrcp.query.search.ast import (
    ANY,
    ONE,
    UNITS_NS,
    Field,
    FieldBetween,
    FieldCompares,
    FieldExists,
    FieldIs,
    FreeText,
    InNetwork,
    MatchAll,
    Pattern,
    Quantity,
    Search,
    SearchNot,
    Wildcard,
)
from lrcp.query.search.parser import all_of, any_of

AWKWARD = st.sampled_from(
    ["AND", "OR", "NOT", "TO", "IN", "-a", "!a", "@a", "#a", ">5", "<5", "[1 TO 2]", "a b", "a:b", 'a"b', "a\\", "(", "a&&b", "*", "a?b", "CIDR", "a,b", "::", "é ü", " "]
)  # fmt: skip
TEXTS = st.one_of(AWKWARD, st.text(min_size=1, max_size=8))


def pattern_of(parts: list[str | Wildcard]) -> Pattern:
    """The pieces in the normal form."""
    merged: list[str | Wildcard] = []
    for part in parts:
        if merged and isinstance(part, str) and isinstance(merged[-1], str):
            merged[-1] += part
        elif not (merged and part == ANY and merged[-1] == ANY):
            merged.append(part)
    return Pattern(tuple(merged))


def patterns(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Pattern]:
    """Words with wildcards, and phrases."""
    words = st.lists(st.one_of(texts, st.just(ANY), st.just(ONE)), min_size=1, max_size=4).map(pattern_of)
    phrases = st.one_of(st.just(""), texts).map(lambda text: Pattern((text,), quoted=True))
    return st.one_of(words, phrases).filter(lambda pattern: pattern.parts != (ANY,))


def quantities() -> st.SearchStrategy[Quantity]:
    return st.builds(
        Quantity,
        st.floats(allow_nan=False, allow_infinity=False),
        st.one_of(st.just(""), st.sampled_from(list(UNITS_NS))),
    )


def networks() -> st.SearchStrategy[str]:
    def network(address: ipaddress.IPv4Address | ipaddress.IPv6Address, prefix: int) -> str:
        return str(ipaddress.ip_network((address, min(prefix, address.max_prefixlen)), strict=False))

    return st.builds(network, st.ip_addresses(), st.integers(0, 128))


def fields() -> st.SearchStrategy[Field]:
    names = TEXTS.filter(lambda name: name not in ("_exists_", "_missing_"))
    return st.builds(Field, names, st.booleans())


def leaves() -> st.SearchStrategy[Search]:
    between = st.one_of(
        st.builds(FieldBetween, _attributes(), st.none() | quantities(), st.none() | quantities()),
        st.builds(FieldBetween, _attributes(), st.none() | TEXTS, st.none() | TEXTS),
    )
    return st.one_of(
        st.just(MatchAll()),
        st.builds(FreeText, patterns(TEXTS)),
        st.builds(FieldIs, fields(), patterns(TEXTS)),
        st.builds(FieldIs, st.just(Field("*")), patterns(TEXTS)),
        st.builds(FieldExists, _attributes()),
        st.builds(FieldCompares, _attributes(), st.sampled_from([">", ">=", "<", "<="]), quantities()),
        between,
        st.builds(InNetwork, _attributes(), st.lists(networks(), min_size=1, max_size=3).map(tuple)),
    )


def _attributes() -> st.SearchStrategy[Field]:
    return fields().filter(lambda field: not field.is_full_text)


def searches(of: st.SearchStrategy[Search] | None = None) -> st.SearchStrategy[Search]:
    """Trees over these leaves, over any by default."""
    return st.recursive(
        leaves() if of is None else of,
        lambda inner: st.one_of(
            inner.map(SearchNot),
            st.lists(inner, min_size=2, max_size=3).map(all_of),
            st.lists(inner, min_size=2, max_size=3).map(any_of),
        ),
        max_leaves=8,
    )
