"""Gemini's paths: they say which model is called, and what for."""

import re
from typing import Final

import msgspec

from lrcp.model.errors import InputError

GENERATE: Final = "generateContent"
STREAM: Final = "streamGenerateContent"
COUNT: Final = "countTokens"
EMBED: Final = "embedContent"
BATCH_EMBED: Final = "batchEmbedContents"
PREDICT: Final = "predict"
_VERBS: Final = frozenset({GENERATE, STREAM, COUNT, EMBED, BATCH_EMBED, PREDICT})
_GOOGLE: Final = "google"
_SPOKEN_WHOLE: Final = ("tunedModels/",)

_SEGMENT = r"[^/\x00-\x1f\x7f]{1,128}"
_MODEL = rf"(?P<model>{_SEGMENT}(?:/{_SEGMENT}){{0,3}})"
_RESOURCE: Final = re.compile(
    rf"/v1(?:alpha|beta1?)?/(?:"
    rf"(?P<kind>models|tunedModels)/{_MODEL}"
    rf"|(?:projects/{_SEGMENT}/locations/{_SEGMENT}/)?publishers/(?P<publisher>{_SEGMENT})/models/{_MODEL.replace('model', 'published')}"
    rf")"
)


class CallPath(msgspec.Struct, frozen=True):
    """model: `gemini-2.5-flash`, `tunedModels/x`, or `publisher/model` where a Vertex AI path names another publisher."""

    model: str
    verb: str


def find_call(path: str) -> CallPath | None:
    """What a path calls; None when it is no path of these formats. The path's escapes are decoded by now."""
    resource, _, verb = path.rpartition(":")
    if verb not in _VERBS:
        return None
    match = _RESOURCE.fullmatch(resource)
    if match is None or _climbs(resource):
        return None
    kind, model, publisher, published = match.group("kind", "model", "publisher", "published")
    if publisher:
        return CallPath(published if publisher == _GOOGLE else f"{publisher}/{published}", verb)
    return CallPath(model if kind == "models" else f"{kind}/{model}", verb)


def get_call(path: str) -> CallPath:
    """The same for a path that was matched before. Raises: InputError."""
    call = find_call(path)
    if call is None:
        raise InputError(f"no such path: {path[:200]}")
    return call


def resource_of(model: str) -> str:
    """A model's name as a resource of the API: `models/x`, unless it says its collection itself."""
    return model if model.startswith(("models/", *_SPOKEN_WHOLE)) else f"models/{model}"


def generate_path(model: str, streams: bool) -> str:
    """Below the base URL; model is escaped for a URL by now."""
    return f"/{resource_of(model)}:{STREAM}?alt=sse" if streams else f"/{resource_of(model)}:{GENERATE}"


def count_path(model: str, streams: bool) -> str:
    return f"/{resource_of(model)}:{COUNT}"


def embed_path(model: str, streams: bool) -> str:
    return f"/{resource_of(model)}:{EMBED}"


def batch_embed_path(model: str, streams: bool) -> str:
    return f"/{resource_of(model)}:{BATCH_EMBED}"


def predict_path(model: str, streams: bool) -> str:
    return f"/{resource_of(model)}:{PREDICT}"


def _climbs(path: str) -> bool:
    return "/." in path and not {".", ".."}.isdisjoint(path.split("/"))
