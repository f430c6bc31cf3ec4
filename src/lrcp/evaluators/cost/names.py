"""How tracers and providers spell providers and models, and the spellings that the price table knows.

Sources: the provider names of OpenTelemetry's GenAI conventions (current and older), of Datadog's tracers, of
OpenInference and LiteLLM; Bedrock's inference-profile ids; Vertex AI's and Gemini's resource names.
"""

import re
from typing import Final

PROVIDER_OF_NAME: Final = {
    "openai": "openai",
    "azure": "azure",
    "azure_openai": "azure",
    "azureopenai": "azure",
    "az.ai.openai": "azure",
    "az.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "azure_ai": "azure",
    "google": "google",
    "gemini": "google",
    "gcp": "google",
    "gcp.gemini": "google",
    "gcp.vertex_ai": "google",
    "gcp.gen_ai": "google",
    "google_genai": "google",
    "google_vertexai": "google",
    "google_ai_studio": "google",
    "vertex": "google",
    "vertex_ai": "google",
    "vertexai": "google",
    "anthropic": "anthropic",
    "claude": "anthropic",
    "aws": "aws",
    "aws.bedrock": "aws",
    "aws_bedrock": "aws",
    "amazon": "aws",
    "amazon_bedrock": "aws",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "mistral": "mistral",
    "mistralai": "mistral",
    "mistral_ai": "mistral",
    "groq": "groq",
    "xai": "x-ai",
    "x_ai": "x-ai",
    "x-ai": "x-ai",
    "deepseek": "deepseek",
    "cohere": "cohere",
    "perplexity": "perplexity",
    "together": "together",
    "together_ai": "together",
    "fireworks": "fireworks",
    "fireworks_ai": "fireworks",
    "openrouter": "openrouter",
    "moonshot": "moonshotai",
}
"""Reported name -> id in the price table. Names that are not here are looked up in the table as they are."""

UNSAID: Final = frozenset({"", "unknown", "custom", "other", "litellm", "langchain", "_other"})
"""Names that say nothing of who was called; the model then tells, if it can."""

_RESOURCE_NAME: Final = re.compile(r".*/(?:models|inference-profile|foundation-model|deployments)/")
_MODELS_PREFIX: Final = re.compile(r"^(?:models|tunedmodels)/")
_BEDROCK_REGION: Final = re.compile(r"^(?:us-gov|us|eu|apac|apn1|au|ca|jp|global)\.(?=[a-z0-9]+\.)")
_BYTES_PER_TOKEN: Final = 4


def provider_id(name: str) -> str:
    """The price table's id of a provider as reported: '' when the name says nothing, itself when it is not in the list."""
    lowered = name.strip().lower()
    return "" if lowered in UNSAID else PROVIDER_OF_NAME.get(lowered, lowered)


def model_spellings(model: str) -> tuple[str, ...]:
    """The spellings of a model to look up, most specific first: as reported, then without what tracers put before it."""
    lowered = model.strip().lower()
    bare = _MODELS_PREFIX.sub("", _RESOURCE_NAME.sub("", lowered))
    spellings = [lowered, bare, _BEDROCK_REGION.sub("", bare), bare.split("@", 1)[0]]
    return tuple(dict.fromkeys(spelling for spelling in spellings if spelling))


def split_provider_prefix(model: str) -> tuple[str, str]:
    """`provider/model` in two, with the provider's id; ('', model) when the part before the '/' names no provider."""
    head, slash, tail = model.partition("/")
    known = PROVIDER_OF_NAME.get(head.strip().lower(), "")
    return (known, tail) if slash and tail and known else ("", model)


def estimate_tokens(text: str) -> int:
    """About how many tokens a text has; see tokens_of_bytes."""
    return tokens_of_bytes(len(text.encode("utf-8", "replace")))


def tokens_of_bytes(size_bytes: int) -> int:
    """About how many tokens a text of this size (UTF-8) has: one per four bytes, rounded up; 0 for nothing.

    An approximation for English prose on the tokenizers in use; Chinese, Japanese and Korean come out near 0.75 a
    character. Whoever uses it marks the result as estimated.
    """
    return -(-size_bytes // _BYTES_PER_TOKEN)
