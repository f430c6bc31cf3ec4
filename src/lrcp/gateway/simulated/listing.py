"""The simulated models as OpenAI lists models, for a gateway whose default provider they are."""

import msgspec

from lrcp.gateway.endpoints import JSON
from lrcp.gateway.exchange import Reply
from lrcp.gateway.simulated.models import SYSTEM, models_of
from lrcp.model.policy.faults import Simulation


def render_listing(simulation: Simulation) -> Reply:
    """By name."""
    cards = [
        {"id": name, "object": "model", "created": 0, "owned_by": SYSTEM} for name in sorted(models_of(simulation))
    ]
    return Reply(200, [JSON], msgspec.json.encode({"object": "list", "data": cards}))
