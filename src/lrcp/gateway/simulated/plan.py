"""What a simulated model will answer, and when: all of it decided before the first token. Pure, given a key for chance."""

import math
from collections.abc import Callable
from itertools import islice
from random import Random
from typing import Any, Final, Literal

import msgspec

from lrcp.gateway.simulated.questions import Question
from lrcp.gateway.simulated.sentences import write_words
from lrcp.model.policy.faults import SimulatedModel

_LENGTH_SPREAD: Final = 0.25
_MAX_TTFT_S: Final = 3600.0
_MAX_DEPTH: Final = 8


class Plan(msgspec.Struct, frozen=True):
    """tokens: the answer, piece by piece, a word each. fails: the call ends with the model's error after ttft_s instead."""

    ttft_s: float
    token_s: float
    fails: bool
    tokens: tuple[str, ...]
    stop: Literal["end", "length"]

    @property
    def whole_s(self) -> float:
        """Until the last token."""
        return self.ttft_s + self.token_s * len(self.tokens)


def plan_answer(
    model: SimulatedModel, key: str, read_question: Callable[[], Question], max_tokens: int | None = None
) -> Plan:
    """Args: key: what chance is drawn from. read_question: asked only if there is an answer. max_tokens: the client's."""
    random = Random(f"{model.seed}\0{key}")
    ttft_s = draw_ttft_s(model, random)
    fails, good = random.random() < model.error_ratio, random.random() < model.quality
    wanted = max(1, round(model.output_tokens * min(2.0, max(0.5, random.gauss(1.0, _LENGTH_SPREAD)))))
    if fails:
        return Plan(ttft_s, 0.0, True, (), "end")
    length = wanted if max_tokens is None else max(1, min(wanted, max_tokens))
    words = tuple(islice(write_words(read_question(), random, good=good), length))
    tokens = words if length < wanted else (*words[:-1], words[-1].rstrip(".,") + ".")
    return Plan(ttft_s, 1.0 / model.tokens_per_s, False, tokens, "length" if length < wanted else "end")


def draw_ttft_s(model: SimulatedModel, random: Random) -> float:
    """Log-normal: half of the first tokens come before ttft_ms. At most an hour."""
    if not model.ttft_ms:
        return 0.0
    return min(_MAX_TTFT_S, random.lognormvariate(math.log(model.ttft_ms / 1000), model.ttft_sigma))


def fit_json(text: str, schema: Any) -> str:
    """The answer as JSON: by a schema, as far as it tells, or {"answer": text} without one."""
    value = {"answer": text} if not isinstance(schema, dict) else _instance(schema, text, 0)
    return msgspec.json.encode(value).decode()


def _instance(schema: Any, text: str, depth: int) -> Any:
    """A value that a schema takes; of what it does not say, the text."""
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return text
    if "const" in schema:
        return schema["const"]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    for union in ("anyOf", "oneOf"):
        if isinstance(schema.get(union), list) and schema[union]:
            return _instance(schema[union][0], text, depth + 1)
    kind = schema.get("type")
    kind = str(kind[0] if isinstance(kind, list) and kind else kind).lower()
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties")
        members = properties if isinstance(properties, dict) else {}
        return {name: _instance(member, text, depth + 1) for name, member in members.items()}
    if kind == "array":
        return [_instance(schema.get("items"), text, depth + 1)]
    return {"integer": 1, "number": 1.0, "boolean": True, "null": None}.get(kind, text)
