"""What of the traffic a rule of the policy is about."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Per = Literal["all", "key", "team", "service", "model", "session", "user"]
"""By what a limit or budget is kept apart: one for all requests it matches, or one for each value."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every record of the policy is: unknown members are refused, members with their default are left out."""


class Scope(Record, frozen=True, kw_only=True):
    """Which requests: every member that is given must match, by one of its values.

    Values may hold `*` for any run of characters. models are names as requested, routes as decided; keys are ids or
    names of virtual keys. tags come from the header x-lrcp-tags: `key: value`. An empty scope matches everything.
    What a request does not have is matched by '' only: `keys: ["*"]` are the requests with a key. A request that names
    no model asks for `default`.
    """

    keys: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    priorities: tuple[Literal["low", "normal", "high"], ...] = ()
    tags: Mapping[str, str] = {}
