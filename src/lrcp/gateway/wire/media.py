"""Pictures, sounds and documents as OpenAI's formats write them: data URLs, addresses, base64 with a short name of its kind."""

from typing import Final, Literal

from lrcp.gateway.wire.chat import Media
from lrcp.model.errors import InputError

AUDIO_TYPES: Final = {"wav": "audio/wav", "mp3": "audio/mpeg"}
_AUDIO_FORMATS: Final = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}
PDF: Final = "application/pdf"


def parse_media_url(kind: Literal["image", "audio", "file"], url: str, place: str, name: str = "") -> Media:
    """Media by `data:<type>;base64,<data>` or by address. Raises: InputError - a data URL that is not in base64."""
    if not url.startswith("data:"):
        return Media(kind=kind, url=url, name=name)
    head, comma, data = url[5:].partition(",")
    media_type, *parameters = head.split(";")
    if not comma or "base64" not in parameters:
        raise InputError(f"{place}: a data URL must be in base64")
    return Media(kind=kind, media_type=media_type, data=data, name=name)


def render_media_url(media: Media) -> str:
    """The address, or a data URL."""
    return media.url or f"data:{media.media_type};base64,{media.data}"


def audio_format(media: Media) -> str:
    """`wav` or `mp3`. Raises: InputError - another sound, or one by address."""
    found = _AUDIO_FORMATS.get(media.media_type)
    if found is None or not media.data:
        what = media.media_type or "by address"
        raise InputError(f"audio ({what[:80]}): OpenAI's formats take wav and mp3 in base64 only")
    return found
