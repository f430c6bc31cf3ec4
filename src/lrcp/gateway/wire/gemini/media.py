"""Pictures, sounds and documents, between Gemini's parts and the gateway's records."""

from mimetypes import guess_type
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from lrcp.gateway.wire.chat import Media
from lrcp.gateway.wire.gemini.requests import Blob, FileData
from lrcp.model.errors import InputError

_URL_SAFE: Final = str.maketrans("-_", "+/")


def parse_blob(mime_type: str, data: str, name: str = "") -> Media:
    """Data in the part itself; Google's clients write base64 in its URL-safe form, others only read the usual one."""
    return Media(_kind_of(mime_type), media_type=mime_type, data=data.translate(_URL_SAFE), name=name)


def parse_media(blob: Blob | None, file: FileData | None) -> Media | None:
    """The medium of a part; None when it has none. Raises: InputError - a file that only Google can read."""
    if blob is not None:
        return parse_blob(blob.mime_type, blob.data, blob.display_name)
    if file is None:
        return None
    if urlsplit(file.file_uri).scheme not in ("http", "https"):
        raise InputError(f"fileData.fileUri {file.file_uri[:100]!r} can be read by Google's models only")
    return Media(_kind_of(file.mime_type), media_type=file.mime_type, url=file.file_uri, name=file.display_name)


def render_media(media: Media) -> dict[str, Any]:
    """A part. Raises: InputError - its type is unknown, and Gemini must be told."""
    media_type = media.media_type or guess_type(urlsplit(media.url).path)[0] or ""
    if "/" not in media_type:
        raise InputError(f"the media type of a {media.kind} must be given: Gemini does not find it out by itself")
    if media.data:
        return {"inlineData": {"mimeType": media_type, "data": media.data}}
    return {"fileData": {"mimeType": media_type, "fileUri": media.url}}


def _kind_of(mime_type: str) -> Literal["image", "audio", "file"]:
    if mime_type.startswith("image/"):
        return "image"
    return "audio" if mime_type.startswith("audio/") else "file"
