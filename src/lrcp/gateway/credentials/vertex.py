"""Where Vertex AI is for a project and a location."""

import re
from collections.abc import Mapping
from typing import Final

from lrcp.model.errors import SettingsError

PROJECT_VARIABLE: Final = "GOOGLE_CLOUD_PROJECT"
LOCATION_VARIABLE: Final = "GOOGLE_CLOUD_LOCATION"
_MULTI_REGIONS: Final = ("us", "eu")
_PROJECT: Final = re.compile(r"[a-z0-9][a-z0-9.:\-]{0,62}")
_LOCATION: Final = re.compile(r"[a-z][a-z0-9\-]{0,38}")


def find_vertex_url(environ: Mapping[str, str]) -> str:
    """The base URL, up to the publisher whose models are called; '' when no project is named. The location is `global`
    unless it is named.

    Raises: SettingsError - a project or location that cannot be one: they become part of an address.
    """
    project, location = environ.get(PROJECT_VARIABLE, ""), environ.get(LOCATION_VARIABLE, "") or "global"
    if not project:
        return ""
    for variable, value, pattern in (
        (PROJECT_VARIABLE, project, _PROJECT),
        (LOCATION_VARIABLE, location, _LOCATION),
    ):
        if not pattern.fullmatch(value):
            raise SettingsError(f"{variable}={value!r} is not one of Google's names")
    return f"https://{_host(location)}/v1/projects/{project}/locations/{location}/publishers/google"


def _host(location: str) -> str:
    if location == "global":
        return "aiplatform.googleapis.com"
    if location in _MULTI_REGIONS:
        return f"aiplatform.{location}.rep.googleapis.com"
    return f"{location}-aiplatform.googleapis.com"
