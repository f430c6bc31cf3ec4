"""The policy that a gateway obeys until somebody puts one."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from lrcp.gateway.policy.known import KNOWN_PROVIDERS
from lrcp.model.errors import InputError, SettingsError
from lrcp.model.policy.document import Policy

FIRST_POLICY_VARIABLE: Final = "LRCP_GATEWAY_POLICY"
"""The path of a file with it; not set, everything is as by default."""
DEMO_POLICY: Final = Path(str(files("lrcp"))) / "packs" / "policy" / "demo.yaml"
"""That of `lrcp up`."""


def load_first_policy(path: str) -> Policy:
    """The policy of a file; of '' the default. Raises: SettingsError - it cannot be read, or is none; says where."""
    if not path:
        return Policy()
    from lrcp.model.policy.parse import parse_policy  # YAML comes with it: only for those who have such a file

    try:
        return parse_policy(Path(path).read_bytes(), providers=KNOWN_PROVIDERS)
    except OSError as error:
        raise SettingsError(f"{FIRST_POLICY_VARIABLE}={path!r} cannot be read: {error.strerror}") from error
    except InputError as error:
        raise SettingsError(f"{FIRST_POLICY_VARIABLE}={path!r} is no policy: {error}") from error
