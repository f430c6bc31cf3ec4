"""The prompts of the application, each with an id and a version that its generations carry."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class PromptTemplate:
    """A chat template: (role, text) pairs with {names} to fill in, and how many tokens the answer may take."""

    id: str
    version: str
    chat: tuple[tuple[str, str], ...]
    max_tokens: int
    context_variables: tuple[str, ...] = ()
    query_variables: tuple[str, ...] = ()

    def fill(self, **variables: str) -> "FilledPrompt":
        """The template with its names replaced; braces inside the values stay as they are."""
        return FilledPrompt(template=self, variables=variables)


@dataclass(frozen=True, kw_only=True)
class FilledPrompt:
    """What is sent to the model, and what LLM Observability is told about it."""

    template: PromptTemplate
    variables: dict[str, str] = field(default_factory=dict)

    def messages(self) -> list[dict[str, str]]:
        """Chat messages, in OpenAI's words."""
        return [{"role": role, "content": text.format(**self.variables)} for role, text in self.template.chat]

    def annotation(self) -> dict[str, Any]:
        """The prompt as `LLMObs.annotation_context(prompt=...)` takes it."""
        return {
            "id": self.template.id,
            "version": self.template.version,
            "chat_template": [{"role": role, "content": text} for role, text in self.template.chat],
            "variables": self.variables,
            "rag_context_variables": list(self.template.context_variables),
            "rag_query_variables": list(self.template.query_variables),
        }


QA = PromptTemplate(
    id="shop-qa",
    version="1.2.0",
    chat=(
        ("system", "You answer customers of a shop. Use only the facts given. If they do not say, say so. Be brief."),
        ("user", "Facts:\n{document}\n\nQuestion: {question}"),
    ),
    max_tokens=64,
    context_variables=("document",),
    query_variables=("question",),
)
REASON = PromptTemplate(
    id="shop-reason",
    version="1.0.0",
    chat=(("system", "Think step by step, then give the answer in one line."), ("user", "{prompt}")),
    max_tokens=96,
    query_variables=("prompt",),
)
STRESS = PromptTemplate(
    id="shop-stress",
    version="1.0.0",
    chat=(("user", "{prompt}"),),
    max_tokens=32,
    query_variables=("prompt",),
)
