"""Authentication: whose virtual key is it, and may it do this. The key goes no further than here."""

from lrcp.gateway.exchange import Caller, Exchange, Handler, Reply, Stage
from lrcp.gateway.keys.admission import SCOPE_OF, make_admission
from lrcp.gateway.keys.source import KeyRing
from lrcp.model.policy.admission import Authentication
from lrcp.model.virtual_key import VirtualKey


def make_authentication_stage(section: Authentication | None, ring: KeyRing) -> Stage | None:
    """The stage for a policy's section; None when it is absent."""
    if section is None:
        return None
    admit = make_admission(section, ring)

    async def authenticate(exchange: Exchange, proceed: Handler) -> Reply:
        call = exchange.call
        admitted = admit(exchange.headers, exchange.query, SCOPE_OF[call.operation], call.model, exchange.started_ns)
        if admitted.key is not None:
            exchange.headers, exchange.query = admitted.headers, admitted.query
            _fill(exchange.caller, admitted.key)
        return await proceed(exchange)

    return authenticate


def _fill(caller: Caller, key: VirtualKey) -> None:
    """The key's word goes before the headers'."""
    caller.key_id, caller.key_name = key.id, key.name
    if key.team:
        caller.team = key.team
    if key.service:
        caller.service = key.service
