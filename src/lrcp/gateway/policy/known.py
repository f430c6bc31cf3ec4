"""What a gateway knows by itself, without any policy."""

from typing import Final

from lrcp.gateway.providers import PROVIDER_NAMES

KNOWN_PROVIDERS: Final = frozenset(PROVIDER_NAMES)
"""Names that the targets of a policy may begin with, besides those that it declares itself."""
