"""The providers, as rows of data, and what one becomes with this machine's keys and addresses."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from lrcp.model.errors import SettingsError


class Provider(msgspec.Struct, frozen=True):
    """One provider that speaks OpenAI's wire format.

    base_url ends before `/chat/completions`. system is OpenTelemetry's name for it ('' the host of its address).
    key_variable is the environment variable of its key, '' when it needs none. hint tells a person what to do when
    it cannot be reached.
    """

    name: str
    base_url: str
    system: str
    key_variable: str = ""
    default_model: str = ""
    hint: str = "check the network of this machine and the provider's status page"


PROVIDERS: Final = (
    Provider(
        name="local",
        base_url="http://127.0.0.1:8300/v1",
        system="local",
        default_model="smollm2-135m-instruct",
        hint="start the local model with `lrcp model`, or choose another provider with LRCP_UPSTREAM",
    ),
    Provider(
        name="openai",
        base_url="https://api.openai.com/v1",
        system="openai",
        key_variable="OPENAI_API_KEY",
    ),
    Provider(
        name="gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        system="gcp.gemini",
        key_variable="GEMINI_API_KEY",
    ),
    Provider(
        name="anthropic",
        base_url="https://api.anthropic.com/v1",
        system="anthropic",
        key_variable="ANTHROPIC_API_KEY",
    ),
    Provider(name="url", base_url="", system="", hint="check LRCP_UPSTREAM_URL"),
)
PROVIDER_NAMES: Final = tuple(provider.name for provider in PROVIDERS)


class Upstream(msgspec.Struct, frozen=True):
    """A provider with the address and the key that this gateway uses for it; key '' when it has none.

    system is the provider's name in telemetry.
    """

    provider: Provider
    base_url: str
    system: str
    key: str = ""

    def __repr__(self) -> str:
        return f"Upstream({self.provider.name!r}, {self.base_url!r}, key={'set' if self.key else 'none'})"

    @property
    def name(self) -> str:
        return self.provider.name


def make_upstreams(
    default: str, environ: Mapping[str, str], *, url: str = "", key: str = "", local_url: str = ""
) -> dict[str, Upstream]:
    """All providers by name, with the keys found in environ.

    Args:
        default: name of the provider that calls go to by default; url and key, where given, are for it alone.
        local_url: address of the local model, '' for its usual one.
    Raises: SettingsError - an unknown provider, or 'url' without an address, or an address that is none.
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
        base_url = (url if chosen else "") or (local_url if provider.name == "local" else "") or provider.base_url
        own_key = environ.get(provider.key_variable, "") if provider.key_variable else ""
        upstreams[provider.name] = Upstream(
            provider=provider,
            base_url=base_url.rstrip("/"),
            system=provider.system or urlsplit(base_url).hostname or provider.name,
            key=(key if chosen else "") or own_key,
        )
    return upstreams
