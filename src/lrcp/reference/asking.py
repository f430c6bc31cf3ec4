"""Asking the model through the gateway, and what to say to the caller when that fails."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass

import openai
from ddtrace.llmobs import LLMObs
from openai.types.chat import ChatCompletion

from lrcp.reference.prompts import FilledPrompt
from lrcp.reference.settings import ReferenceSettings

STRESS_CONCURRENCY = 2
COST_HEADER = "x-lrcp-cost-usd"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One generation: its words, its tokens (None when not reported), its cost in dollars (None when unknown)."""

    text: str
    model: str
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    finish_reason: str


class UpstreamError(Exception):
    """The model could not be asked. Holds the status to reply with and, when the gateway named one, when to try again."""

    def __init__(self, status: int, detail: str, retry_after: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.retry_after = retry_after


class Asker:
    """The openai client of the application. Replies are not streamed: the gateway states the cost in a header, and a
    stream's headers are sent before the cost is known."""

    def __init__(self, settings: ReferenceSettings) -> None:
        self._settings = settings
        self._client = openai.AsyncOpenAI(
            base_url=settings.gateway_url, api_key=settings.gateway_key, timeout=settings.call_timeout_s, max_retries=1
        )

    async def ask(self, prompt: FilledPrompt, headers: Mapping[str, str] | None = None) -> Answer:
        """One generation, annotated with the prompt's id and version. headers: for the gateway. Raises: UpstreamError."""
        with LLMObs.annotation_context(prompt=prompt.annotation()):
            try:
                raw = await self._client.chat.completions.with_raw_response.create(
                    model=self._settings.model,
                    messages=prompt.messages(),  # type: ignore[arg-type]
                    max_tokens=prompt.template.max_tokens,
                    temperature=0.2,
                    extra_headers=headers,
                )
                return read_answer(raw.parse(), raw.headers.get(COST_HEADER))
            except (openai.OpenAIError, ValueError) as error:
                raise self._upstream_error(error) from error

    async def close(self) -> None:
        await self._client.close()

    def _upstream_error(self, error: Exception) -> UpstreamError:
        where, model = self._settings.gateway_url, self._settings.model
        if isinstance(error, openai.APITimeoutError):
            waited = f"{self._settings.call_timeout_s:g} s"
            return UpstreamError(
                504, f"{where} did not answer within {waited}: try a shorter prompt, or look at its load."
            )
        if isinstance(error, openai.APIConnectionError):
            return UpstreamError(
                502, f"{where} does not answer: start the gateway with `lrcp gateway`, or set LRCP_GATEWAY_URL."
            )
        if isinstance(error, openai.RateLimitError):
            wait = error.response.headers.get("retry-after")
            return UpstreamError(503, f"The gateway is limiting requests: {error.message}", wait)
        if isinstance(error, openai.NotFoundError):
            hint = "set LRCP_APP_MODEL to one that its /v1/models lists"
            return UpstreamError(502, f"The gateway knows no model {model!r}: {hint}. It said: {error.message}")
        return UpstreamError(502, f"The gateway could not get an answer from {model!r}: {error}")


async def ask_many(
    asker: Asker, prompt: FilledPrompt, times: int, timeout_s: float, headers: Mapping[str, str] | None = None
) -> list[Answer]:
    """The answers that came within the time, at least one. Raises: UpstreamError - an ask failed, or none came in time."""
    answers: list[Answer] = []
    try:
        async with asyncio.timeout(timeout_s):
            await _ask_side_by_side(asker, prompt, times, answers, headers)
    except TimeoutError:
        if not answers:
            raise UpstreamError(504, f"No answer within {timeout_s:g} s: try a shorter prompt.") from None
    return answers


async def _ask_side_by_side(
    asker: Asker, prompt: FilledPrompt, times: int, answers: list[Answer], headers: Mapping[str, str] | None
) -> None:
    turns = iter(range(times))

    async def ask_in_turn() -> None:
        for _ in turns:
            answers.append(await asker.ask(prompt, headers))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(STRESS_CONCURRENCY, times)):
                group.create_task(ask_in_turn())
    except* UpstreamError as failures:
        raise _first_error(failures) from None


def _first_error(failures: BaseExceptionGroup[UpstreamError]) -> UpstreamError:
    first = failures.exceptions[0]
    return first if isinstance(first, UpstreamError) else _first_error(first)


def read_answer(reply: ChatCompletion, cost: str | None) -> Answer:
    """The answer in a reply. Raises: ValueError - the reply holds none, whatever its status said."""
    choices = getattr(reply, "choices", None)
    if not choices:
        raise ValueError("the reply holds no answer")
    return Answer(
        text=choices[0].message.content or "",
        model=reply.model,
        input_tokens=reply.usage.prompt_tokens if reply.usage else None,
        output_tokens=reply.usage.completion_tokens if reply.usage else None,
        cost_usd=parse_cost(cost),
        finish_reason=choices[0].finish_reason or "",
    )


def parse_cost(text: str | None) -> float | None:
    """Dollars from the gateway's header; None when it states no amount (an unknown price is not zero)."""
    try:
        cost = float(text or "")
    except ValueError:
        return None
    return cost if math.isfinite(cost) and cost >= 0 else None
