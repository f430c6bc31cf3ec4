"""Which guards there are by name: those built in, and an operator's own, named when the process starts.

A policy can name them and give options; it cannot bring code.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from lrcp.gateway.guards.port import Guard, GuardFactory
from lrcp.model.errors import SettingsError


def _make_patterns(options: Mapping[str, Any]) -> Guard:
    from lrcp.gateway.guards.patterns import make_patterns  # RE2 comes with it: only for those who use it

    return make_patterns(options)


BUILT_IN: Final[Mapping[str, GuardFactory]] = {"patterns": _make_patterns}


def load_guards(setting: str) -> dict[str, GuardFactory]:
    """The built-in ones and those of `name=package.module:attribute, ...`. Raises: SettingsError - one cannot be loaded."""
    guards = dict(BUILT_IN)
    for item in filter(None, (part.strip() for part in setting.split(","))):
        name, _, place = (part.strip() for part in item.partition("="))
        module, _, attribute = place.partition(":")
        if not (name and module and attribute) or name in guards:
            raise SettingsError(f"LRCP_GUARDS: {item!r} is not name=package.module:attribute with a name of its own")
        try:
            factory = getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise SettingsError(f"LRCP_GUARDS: {item!r} cannot be loaded: {error}") from error
        if not callable(factory):
            raise SettingsError(f"LRCP_GUARDS: {place!r} is not a function of a guard's options")
        guards[name] = factory
    return guards
