"""Parts of bodies, checked as they are taken: what is wrong is answered with the member's path."""

from typing import Any

from lrcp.datadog.errors import invalid


def take_object(document: dict[str, Any], member: str, *, path: str = "") -> dict[str, Any]:
    """A member that must be an object. Raises: Refusal."""
    value = document.get(member)
    if not isinstance(value, dict):
        raise invalid(f"Invalid payload: '{_path(path, member)}' must be an object")
    return value


def take_list(document: dict[str, Any], member: str, *, path: str = "", most: int = 10_000) -> list[Any]:
    """A member that must be a list, [] when it is absent or null. Raises: Refusal."""
    value = document.get(member)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > most:
        raise invalid(f"Invalid payload: '{_path(path, member)}' must be a list of at most {most}")
    return value


def take_texts(document: dict[str, Any], member: str, *, path: str = "", most: int = 1_000) -> list[str]:
    """A member that must be a list of texts. Raises: Refusal."""
    values = take_list(document, member, path=path, most=most)
    if not all(isinstance(value, str) for value in values):
        raise invalid(f"Invalid payload: '{_path(path, member)}' must be a list of strings")
    return values


def take_text(document: dict[str, Any], member: str, *, path: str = "", most: int = 100_000) -> str:
    """A member that must be a text that is not empty. Raises: Refusal."""
    value = document.get(member)
    if not isinstance(value, str) or not value.strip():
        raise invalid(f"Invalid payload: '{_path(path, member)}' is required")
    if len(value) > most:
        raise invalid(f"Invalid payload: '{_path(path, member)}' is longer than {most} characters")
    return value


def take_optional_text(document: dict[str, Any], member: str, *, path: str = "", most: int = 100_000) -> str:
    """A member that may be a text; '' when it is absent or null. Raises: Refusal."""
    value = document.get(member)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most:
        raise invalid(f"Invalid payload: '{_path(path, member)}' must be a string of at most {most} characters")
    return value


def take_attributes(body: Any, kind: str) -> dict[str, Any]:
    """`data.attributes` of a JSON:API body whose `data.type` must be `kind`. Raises: Refusal."""
    data = take_object(body if isinstance(body, dict) else {}, "data")
    if data.get("type") != kind:
        raise invalid(f"Invalid payload: 'data.type' must be {kind!r}")
    return take_object(data, "attributes", path="data")


def _path(path: str, member: str) -> str:
    return f"{path}.{member}" if path else member
