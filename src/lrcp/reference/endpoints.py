"""The endpoints, each one LLM Obs workflow span: question answering, reasoning, and a stress test."""

import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

from ddtrace.llmobs import LLMObs
from ddtrace.trace import Span
from fastapi import FastAPI, Header

from lrcp.reference import prompts
from lrcp.reference.asking import Answer, Asker, ask_many
from lrcp.reference.passages import Passage, select_passages, shorten_middle
from lrcp.reference.problems import add_problem_handlers
from lrcp.reference.requests import AnswerMetadata, AnswerReply, QaRequest, ReasonRequest, StressRequest
from lrcp.reference.settings import VERSION, ReferenceSettings
from lrcp.reference.simulation import FaultHeaders

PROMPT_CHARS = 2_400
_Number = TypeVar("_Number", int, float)
_SessionId = Annotated[str | None, Header(alias="x-session-id", max_length=200)]
_UserId = Annotated[str | None, Header(alias="x-user-id", max_length=200)]


def create_app(settings: ReferenceSettings) -> FastAPI:
    """The application; it opens its client when it starts and closes it when it stops."""
    asker = Asker(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await asker.close()

    app = FastAPI(title="LRCP reference application", version=VERSION, lifespan=lifespan)
    add_problem_handlers(app)
    endpoints = Endpoints(asker, settings)
    app.post("/qa", response_model=AnswerReply)(endpoints.qa)
    app.post("/reason", response_model=AnswerReply)(endpoints.reason)
    app.post("/stress", response_model=AnswerReply)(endpoints.stress)
    app.get("/health")(endpoints.health)
    return app


class Endpoints:
    """What each endpoint does, given someone to ask."""

    def __init__(self, asker: Asker, settings: ReferenceSettings) -> None:
        self._asker = asker
        self._settings = settings

    async def qa(
        self, body: QaRequest, faults: FaultHeaders, session: _SessionId = None, user: _UserId = None
    ) -> AnswerReply:
        """Answer a question from a document, which may be longer than the model's context."""
        started = time.monotonic()
        session_id, user_id = body.session_id or session, body.user_id or user
        with LLMObs.workflow(name="qa", session_id=session_id) as span:
            passages = retrieve(body.document, body.question)
            shown = "\n".join(passage.text for passage in passages)
            prompt = prompts.QA.fill(question=body.question, document=shown or "(none)")
            answer = await self._asker.ask(prompt, faults)
            annotate_workflow(span, body.question, answer.text, user_id)
        cut = len(shown) < len(body.document.strip())
        metadata = build_metadata([answer], span, started, session_id)
        return AnswerReply(answer=answer.text, metadata=metadata.model_copy(update={"document_truncated": cut}))

    async def reason(
        self, body: ReasonRequest, faults: FaultHeaders, session: _SessionId = None, user: _UserId = None
    ) -> AnswerReply:
        """Answer a prompt that asks for several steps of thought."""
        started = time.monotonic()
        session_id, user_id = body.session_id or session, body.user_id or user
        with LLMObs.workflow(name="reason", session_id=session_id) as span:
            shown = shorten_middle(body.prompt, PROMPT_CHARS)
            answer = await self._asker.ask(prompts.REASON.fill(prompt=shown), faults)
            annotate_workflow(span, body.prompt, answer.text, user_id)
        metadata = build_metadata([answer], span, started, session_id)
        cut = len(shown) < len(body.prompt)
        return AnswerReply(answer=answer.text, metadata=metadata.model_copy(update={"prompt_truncated": cut}))

    async def stress(
        self, body: StressRequest, faults: FaultHeaders, session: _SessionId = None, user: _UserId = None
    ) -> AnswerReply:
        """Ask the same prompt many times, two at a time; what is not done in time is left out, and `completed` says so."""
        started = time.monotonic()
        session_id, user_id = body.session_id or session, body.user_id or user
        with LLMObs.workflow(name="stress", session_id=session_id) as span:
            shown = shorten_middle(body.prompt, PROMPT_CHARS)
            prompt = prompts.STRESS.fill(prompt=shown)
            most_s = self._settings.stress_timeout_s
            answers = await ask_many(self._asker, prompt, body.repetitions, most_s, faults)
            annotate_workflow(span, body.prompt, answers[-1].text, user_id)
        metadata = build_metadata(answers, span, started, session_id)
        more = {"repetitions": body.repetitions, "prompt_truncated": len(shown) < len(body.prompt)}
        return AnswerReply(answer=answers[-1].text, metadata=metadata.model_copy(update=more))

    async def health(self) -> dict[str, str]:
        """This process answers; whether the gateway does is the gateway's own /health."""
        return {
            "status": "ok",
            "version": VERSION,
            "gateway": self._settings.gateway_url,
            "model": self._settings.model,
        }


def retrieve(document: str, question: str) -> list[Passage]:
    """The passages to show the model, as a retrieval span."""
    with LLMObs.retrieval(name="select_passages") as span:
        passages = select_passages(document, question)
        documents = [{"name": f"@{p.start}", "id": str(p.start), "score": p.score, "text": p.text} for p in passages]
        LLMObs.annotate(span=span, input_data=question, output_data=documents)
    return passages


def annotate_workflow(span: Span, asked: str, answered: str, user_id: str | None) -> None:
    tags: dict[str, Any] = {"user_id": user_id} if user_id else {}
    LLMObs.annotate(span=span, input_data=asked, output_data=answered, tags=tags)
    if user_id:
        span.set_tag("usr.id", user_id)


def build_metadata(answers: Sequence[Answer], span: Span, started: float, session_id: str | None) -> AnswerMetadata:
    """The sums over the answers; a sum with an unknown part is unknown."""
    return AnswerMetadata(
        latency_ms=round((time.monotonic() - started) * 1e3, 1),
        input_tokens=_sum(a.input_tokens for a in answers),
        output_tokens=_sum(a.output_tokens for a in answers),
        cost_usd=_sum(a.cost_usd for a in answers),
        model=answers[-1].model,
        trace_id=f"{span.trace_id:032x}",
        session_id=session_id,
        finish_reason=answers[-1].finish_reason,
        completed=len(answers),
    )


def _sum(parts: Iterable[_Number | None]) -> _Number | None:
    known = list(parts)
    return None if None in known else sum(part for part in known if part is not None)
