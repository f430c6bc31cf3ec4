"""Where Vertex AI is."""

import pytest

from lrcp.gateway.credentials.vertex import find_vertex_url
from lrcp.model.errors import SettingsError


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("", "aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
        ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
    ],
)
def test_the_address_goes_by_project_and_location(location: str, host: str) -> None:
    url = find_vertex_url({"GOOGLE_CLOUD_PROJECT": "p-1", "GOOGLE_CLOUD_LOCATION": location})
    assert url == f"https://{host}/v1/projects/p-1/locations/{location or 'global'}/publishers/google"


def test_without_a_project_there_is_none() -> None:
    assert find_vertex_url({"GOOGLE_CLOUD_LOCATION": "eu"}) == ""


@pytest.mark.parametrize(("project", "location"), [("p/../q", ""), ("p", "evil.example/"), ("p", "EU"), ("P 1", "")])
def test_what_cannot_be_one_of_googles_names_is_refused(project: str, location: str) -> None:
    with pytest.raises(SettingsError, match="GOOGLE_CLOUD_"):
        find_vertex_url({"GOOGLE_CLOUD_PROJECT": project, "GOOGLE_CLOUD_LOCATION": location})
