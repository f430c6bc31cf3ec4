"""The simulated models that are always there, those that a policy declares, and what they cost."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from lrcp.evaluators.cost.declared import DeclaredModel, DeclaredPrice, PriceFile
from lrcp.model.policy.faults import SimulatedModel, Simulation

SYSTEM: Final = "simulated"
BUILT_IN: Final[Mapping[str, SimulatedModel]] = MappingProxyType(
    {
        "fast": SimulatedModel(
            ttft_ms=80, tokens_per_s=300, quality=0.9, input_usd_per_mtok=0.3, output_usd_per_mtok=1.2
        ),
        "slow": SimulatedModel(ttft_ms=2_500, ttft_sigma=0.5, tokens_per_s=15, output_tokens=160, quality=0.95),
        "cheap": SimulatedModel(
            ttft_ms=250, tokens_per_s=90, quality=0.7, input_usd_per_mtok=0.05, output_usd_per_mtok=0.2
        ),
        "good": SimulatedModel(
            ttft_ms=500, tokens_per_s=60, output_tokens=180, quality=0.99, input_usd_per_mtok=3, output_usd_per_mtok=15
        ),
        "flaky": SimulatedModel(ttft_ms=200, ttft_sigma=1.0, error_ratio=0.3, error_status=503),
    }
)


def models_of(simulation: Simulation) -> dict[str, SimulatedModel]:
    """All by name; a declared one goes before a built-in of its name."""
    return {**BUILT_IN, **simulation.models}


def price_file_of(models: Mapping[str, SimulatedModel]) -> PriceFile:
    """What the models are declared to cost, for the price book."""
    return PriceFile(
        [
            DeclaredModel(
                model=name,
                provider=SYSTEM,
                prices=[
                    DeclaredPrice(
                        input=Decimal(repr(model.input_usd_per_mtok)), output=Decimal(repr(model.output_usd_per_mtok))
                    )
                ],
            )
            for name, model in models.items()
        ]
    )
