"""The providers, as rows of data, and what one becomes with this machine's keys and addresses."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

import msgspec

from lrcp.gateway.credentials.vertex import find_vertex_url
from lrcp.model.errors import InputError, SettingsError
from lrcp.model.policy.routing import ProviderSettings

_OPENAI_BASICS: Final = ("openai.chat", "openai.embeddings")
_OPENAI_ALL: Final = (*_OPENAI_BASICS, "openai.responses")
_ANTHROPIC: Final = ("anthropic.messages", "anthropic.count_tokens")
_GEMINI: Final = ("gemini.generate", "gemini.count_tokens", "gemini.batch_embed", "gemini.embed")
_VERTEX: Final = ("gemini.generate", "gemini.count_tokens", "gemini.predict", "gemini.batch_embed", "gemini.embed")
_OLD_MAX_TOKENS: Final = {"max_completion_tokens": "max_tokens"}
COST_REPORTERS: Final = frozenset({"openrouter", "openrouter.ai", "api.x.ai"})
"""Providers, as telemetry calls them, whose usage tells in dollars what is charged; it goes before any price."""
KEY_HEADERS: Final[Mapping[str, str]] = {
    "openai": "authorization",
    "anthropic": "x-api-key",
    "gemini": "x-goog-api-key",
}


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """One provider.

    endpoints: its base URL for each wire family that it speaks; formats: the wire formats it takes as they are; others
    are translated into the first of them that can say the same, its own family's before OpenAI's. chat_names: what it
    calls members of OpenAI's chat that it knows by another name only. system is OpenTelemetry's name for it ('' the host of
    its address). key_variable is the environment variable of its key, url_variable that of its address where every
    customer has another; find_url finds it in the environment's other variables. key_header overrides the family's.
    hint tells a person what to do when it cannot be reached.
    private: its address is expected on this machine or network. simulated: it has no address that anybody calls.
    """

    name: str
    endpoints: Mapping[str, str]
    formats: tuple[str, ...] = _OPENAI_BASICS
    chat_names: Mapping[str, str] = {}
    system: str = ""
    key_variable: str = ""
    url_variable: str = ""
    find_url: Callable[[Mapping[str, str]], str] | None = None
    key_header: str = ""
    default_model: str = ""
    private: bool = False
    simulated: bool = False
    hint: str = "check the network of this machine and the provider's status page"

    @property
    def base_url(self) -> str:
        """The address of its OpenAI form, or of the only one it has."""
        return self.endpoints.get("openai") or next(iter(self.endpoints.values()), "")

    @property
    def own_family(self) -> str:
        """The wire family that an address of one's own is taken for: OpenAI's, unless the provider does not speak it."""
        return "openai" if "openai" in self.endpoints else next(iter(self.endpoints), "openai")


PROVIDERS: Final = (
    Provider(
        name="local",
        endpoints={"openai": "http://127.0.0.1:8300/v1"},
        system="local",
        default_model="smollm2-135m-instruct",
        private=True,
        hint="start the local model with `lrcp model`, or choose another provider with LRCP_UPSTREAM",
    ),
    Provider(
        name="openai",
        endpoints={"openai": "https://api.openai.com/v1"},
        formats=_OPENAI_ALL,
        system="openai",
        key_variable="OPENAI_API_KEY",
    ),
    Provider(
        name="gemini",
        endpoints={
            "openai": "https://generativelanguage.googleapis.com/v1beta/openai",
            "gemini": "https://generativelanguage.googleapis.com/v1beta",
        },
        formats=(*_OPENAI_BASICS, *_GEMINI),
        system="gcp.gemini",
        key_variable="GEMINI_API_KEY",
    ),
    Provider(
        name="vertex",
        endpoints={"gemini": ""},
        formats=_VERTEX,
        system="gcp.vertex_ai",
        key_variable="VERTEX_ACCESS_TOKEN",
        url_variable="VERTEX_BASE_URL",
        find_url=find_vertex_url,
        key_header="authorization",
        hint="check GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_LOCATION",
    ),
    Provider(
        name="vertex-express",
        endpoints={"gemini": "https://aiplatform.googleapis.com/v1/publishers/google"},
        formats=_VERTEX,
        system="gcp.vertex_ai",
        key_variable="VERTEX_API_KEY",
    ),
    Provider(
        name="anthropic",
        endpoints={"openai": "https://api.anthropic.com/v1", "anthropic": "https://api.anthropic.com/v1"},
        formats=("openai.chat", *_ANTHROPIC),
        system="anthropic",
        key_variable="ANTHROPIC_API_KEY",
    ),
    Provider(
        name="azure",
        endpoints={"openai": ""},
        formats=_OPENAI_ALL,
        system="azure.ai.openai",
        key_variable="AZURE_OPENAI_API_KEY",
        url_variable="AZURE_OPENAI_BASE_URL",
        key_header="api-key",
        hint="check AZURE_OPENAI_BASE_URL, https://<resource>.openai.azure.com/openai/v1",
    ),
    Provider(
        name="mistral",
        endpoints={"openai": "https://api.mistral.ai/v1"},
        chat_names={**_OLD_MAX_TOKENS, "seed": "random_seed"},
        system="mistral_ai",
        key_variable="MISTRAL_API_KEY",
    ),
    Provider(
        name="groq",
        endpoints={"openai": "https://api.groq.com/openai/v1"},
        formats=("openai.chat", "openai.responses"),
        system="groq",
        key_variable="GROQ_API_KEY",
    ),
    Provider(
        name="openrouter",
        endpoints={"openai": "https://openrouter.ai/api/v1"},
        system="openrouter",
        key_variable="OPENROUTER_API_KEY",
    ),
    Provider(
        name="ollama",
        endpoints={"openai": "http://127.0.0.1:11434/v1"},
        chat_names=_OLD_MAX_TOKENS,
        system="ollama",
        url_variable="OLLAMA_BASE_URL",
        private=True,
        hint="start it with `ollama serve`, or set OLLAMA_BASE_URL, which ends in /v1",
    ),
    Provider(
        name="vllm",
        endpoints={"openai": "http://127.0.0.1:8000/v1"},
        formats=_OPENAI_ALL,
        system="vllm",
        key_variable="VLLM_API_KEY",
        url_variable="VLLM_BASE_URL",
        private=True,
        hint="start it with `vllm serve`, or set VLLM_BASE_URL, which ends in /v1",
    ),
    Provider(
        name="simulated",
        endpoints=dict.fromkeys(("openai", "anthropic", "gemini"), "simulated://models"),
        formats=(*_OPENAI_ALL, *_ANTHROPIC, *_GEMINI, "gemini.predict"),
        system="simulated",
        default_model="good",
        simulated=True,
    ),
    Provider(
        name="url", endpoints={"openai": ""}, chat_names=_OLD_MAX_TOKENS, private=True, hint="check LRCP_UPSTREAM_URL"
    ),
)
PROVIDER_NAMES: Final = tuple(provider.name for provider in PROVIDERS)
_BY_NAME: Final = {provider.name: provider for provider in PROVIDERS}


class Upstream(msgspec.Struct, frozen=True):
    """A provider with the addresses and the key that this gateway uses for it; key '' when it has none.

    name is what routes call it, system what telemetry does. find_token: where a key is a token that must be renewed.
    client_keys: whether a key that a caller brings may be sent to it without the caller having named it.
    """

    provider: Provider
    name: str
    endpoints: Mapping[str, str]
    system: str
    key: str = ""
    allow_private: bool = False
    client_keys: bool = False
    find_token: Callable[[], str] | None = None

    def __repr__(self) -> str:
        return f"Upstream({self.name!r}, {dict(self.endpoints)!r}, key={'set' if self.has_key else 'none'})"

    @property
    def base_url(self) -> str:
        """The address of its OpenAI form, or of the only one it has."""
        return self.endpoints.get("openai") or next(iter(self.endpoints.values()), "")

    @property
    def has_key(self) -> bool:
        """Whether this gateway holds a key for it."""
        return bool(self.key) or self.find_token is not None

    def credential(self) -> str:
        """The key or token to send now; '' when there is none."""
        return self.find_token() if self.find_token is not None else self.key

    def key_header(self, family: str) -> str:
        """The header that a key goes in, in requests of this wire family."""
        return self.provider.key_header or KEY_HEADERS[family]


def make_upstreams(
    default: str,
    environ: Mapping[str, str],
    *,
    url: str = "",
    key: str = "",
    local_url: str = "",
    tokens: Mapping[str, Callable[[], str]] = MappingProxyType({}),
) -> dict[str, Upstream]:
    """All providers by name that have an address, with the keys found in environ.

    Args:
        default: name of the provider that calls go to by default; url and key, where given, are for it alone.
        local_url: address of the local model, '' for its usual one.
        tokens: by name of the provider, where its token is found each time; a key of the environment goes before it.
    Raises: SettingsError - an unknown provider, or one without an address, or an address that is none.
    """
    if default not in PROVIDER_NAMES:
        raise SettingsError(f"LRCP_UPSTREAM={default!r} is not one of {', '.join(PROVIDER_NAMES)}")
    if default == "url" and not url:
        raise SettingsError("LRCP_UPSTREAM=url needs LRCP_UPSTREAM_URL, the provider's base URL (it often ends in /v1)")
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise SettingsError(f"LRCP_UPSTREAM_URL={url!r} must begin with http:// or https://")
    upstreams = {}
    for provider in PROVIDERS:
        chosen = provider.name == default
        own_url = (url if chosen else "") or (local_url if provider.name == "local" else "")
        upstream = _make_upstream(provider, environ, own_url, key if chosen else "", tokens.get(provider.name))
        if upstream.base_url:
            upstreams[provider.name] = msgspec.structs.replace(upstream, client_keys=chosen)
    if default not in upstreams:
        raise SettingsError(f"LRCP_UPSTREAM={default} needs {_BY_NAME[default].url_variable}, the provider's base URL")
    return upstreams


def _make_upstream(
    provider: Provider, environ: Mapping[str, str], own_url: str, own_key: str, find_token: Callable[[], str] | None
) -> Upstream:
    """An address of one's own is taken for one wire family, and for no other."""
    own_url = own_url or (environ.get(provider.url_variable, "") if provider.url_variable else "")
    found_url = own_url or (provider.find_url(environ) if provider.find_url else "")
    endpoints = {provider.own_family: found_url.rstrip("/")} if found_url else provider.endpoints
    environ_key = environ.get(provider.key_variable, "") if provider.key_variable else ""
    host = urlsplit(found_url or provider.base_url).hostname
    known_key = own_key or environ_key
    return Upstream(
        provider=provider,
        name=provider.name,
        endpoints=endpoints,
        system=provider.system or host or provider.name,
        key=known_key,
        allow_private=provider.private or bool(own_url),
        find_token=None if known_key else find_token,
    )


def declare_upstreams(
    known: Mapping[str, Upstream], declared: Mapping[str, ProviderSettings], environ: Mapping[str, str]
) -> dict[str, Upstream]:
    """The known upstreams with a policy's own ones put over them.

    Raises: InputError - a declared one is like no known provider, or has no address.
    """
    return {**known, **{name: _declare(name, settings, known, environ) for name, settings in declared.items()}}


def _declare(
    name: str, settings: ProviderSettings, known: Mapping[str, Upstream], environ: Mapping[str, str]
) -> Upstream:
    like = settings.like or (name if name in _BY_NAME else "url")
    provider = _BY_NAME.get(like)
    if provider is None:
        raise InputError(f"$.providers.{name}.like: {like!r} is not one of {', '.join(PROVIDER_NAMES)}")
    base = known.get(name) or known.get(like)
    own: dict[str, str] = {"openai": settings.base_url} if settings.base_url else {}
    own.update(settings.endpoints.items())
    endpoints = {family: url.rstrip("/") for family, url in own.items()} or dict(base.endpoints if base else {})
    if not any(endpoints.values()):
        raise InputError(f"$.providers.{name}.base_url: provider {name!r} has no address")
    key = environ.get(settings.key_variable, "") if settings.key_variable else (base.key if base and not own else "")
    return Upstream(
        provider=_with_formats(provider, settings.formats),
        name=name,
        endpoints=endpoints,
        system=provider.system or urlsplit(next(iter(endpoints.values()))).hostname or name,
        key=key,
        allow_private=settings.allow_private or (not own and base is not None and base.allow_private),
        client_keys=settings.client_keys or (not own and base is not None and base.client_keys),
        find_token=base.find_token if base and not own and not key else None,
    )


def _with_formats(provider: Provider, formats: tuple[str, ...]) -> Provider:
    return msgspec.structs.replace(provider, formats=formats) if formats else provider
