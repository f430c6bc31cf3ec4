"""The stages of a call to a model, outermost first. This list is the gateway."""

import msgspec

from lrcp.evaluators.cost import PriceBook
from lrcp.gateway.cache.beside import Beside
from lrcp.gateway.dispatch import make_dispatch
from lrcp.gateway.exchange import AttemptStage, Handler, Stage, compose_attempt_stages, compose_stages
from lrcp.gateway.ladder.steps import forcible_caches
from lrcp.gateway.providers import declare_upstreams
from lrcp.gateway.routing.routes import Routes, compile_routes
from lrcp.gateway.routing.targets import Directory
from lrcp.gateway.runtime import Runtime
from lrcp.gateway.simulated.models import SYSTEM, models_of, price_file_of
from lrcp.gateway.simulated.provider import Simulator
from lrcp.gateway.stages.authentication import make_authentication_stage
from lrcp.gateway.stages.budgets import make_budgets_stage
from lrcp.gateway.stages.cache import make_cache_stage
from lrcp.gateway.stages.faults import make_faults_stage
from lrcp.gateway.stages.guard import make_guard_stage
from lrcp.gateway.stages.ladder import make_ladder_stage
from lrcp.gateway.stages.limits import make_limits_stage
from lrcp.gateway.stages.meter import make_meter_stage
from lrcp.gateway.stages.resilience import make_resilience_stage
from lrcp.gateway.stages.route import make_route_stage
from lrcp.model.policy.document import Policy


def make_call_handler(policy: Policy, runtime: Runtime) -> Handler:
    """The handler of every call to a model under a policy. A stage that is off is None, and not in the chain.

    Raises: InputError - the policy cannot be obeyed here; the message names the place.
    """
    book = runtime.book.with_provider(SYSTEM, price_file_of(models_of(policy.simulation)))
    meter = make_meter_stage(book, runtime.config.limits, runtime.emit)
    from_budgets = _make_inner(policy, runtime, book)
    shadow = compose_stages([meter], from_budgets)
    routes = _compile_routes(policy, runtime)
    stages: tuple[Stage | None, ...] = (
        meter,
        make_authentication_stage(policy.authentication, runtime.keys),
        make_limits_stage(policy.limits, runtime.limits, runtime.clock, route_of=routes.find_name),
        make_ladder_stage(policy.ladder, policy.budgets, runtime.budgets, runtime.ladder),
        make_guard_stage(
            policy.guards,
            runtime.ports.guards,
            runtime.guards,
            max_event_bytes=runtime.config.limits.max_event_bytes,
            route_of=routes.find_name,
        ),
        make_cache_stage(
            policy.cache,
            runtime.cache,
            route_of=routes.find_name,
            directions=_directions_of(policy),
            may_force=forcible_caches(policy.ladder),
            beside=Beside(meter, runtime.background, runtime.clock, runtime.random),
        ),
        make_route_stage(routes, shadow, runtime.background, runtime.clock),
    )
    return compose_stages([stage for stage in stages if stage is not None], from_budgets)


def _directions_of(policy: Policy) -> bytes:
    """What decides where requests go: an answer is not given again under other directions."""
    return msgspec.json.encode([policy.routes, policy.default_target, policy.providers], order="deterministic")


def _make_inner(policy: Policy, runtime: Runtime, book: PriceBook) -> Handler:
    """From the chosen targets inward; shadow copies take this way too."""
    stages: tuple[Stage | None, ...] = (make_budgets_stage(policy.budgets, runtime.budgets, book, runtime.clock),)
    return compose_stages([stage for stage in stages if stage is not None], _make_last(policy, runtime))


def _make_last(policy: Policy, runtime: Runtime) -> Handler:
    """The tries, and the steps around each."""
    config = runtime.config
    attempt_stages: tuple[AttemptStage | None, ...] = (
        make_faults_stage(
            policy.faults,
            policy.faults_by_header,
            lambda name: make_directory(policy, runtime).find_target(name, ""),
            runtime.clock,
            timeouts=config.timeouts,
            limits=config.limits,
        ),
    )
    attempt = compose_attempt_stages(
        [stage for stage in attempt_stages if stage is not None],
        make_dispatch(runtime.client, config.timeouts, config.limits, Simulator(policy.simulation, config.timeouts)),
    )
    return make_resilience_stage(
        policy.resilience,
        {route.name: route.resilience for route in policy.routes if route.resilience is not None},
        runtime.resilience,
        attempt,
        timeouts=config.timeouts,
        max_event_bytes=config.limits.max_event_bytes,
        clock=runtime.clock,
        chance=runtime.random.random,
    )


def make_directory(policy: Policy, runtime: Runtime) -> Directory:
    """The providers under a policy, and where a model goes that no route takes. Raises: InputError."""
    config = runtime.config
    upstreams = declare_upstreams(config.upstreams, policy.providers, runtime.environ)
    default = upstreams[config.default_provider]
    directory = Directory(
        upstreams=upstreams,
        default=default,
        default_model=config.default_model or default.provider.default_model,
        default_target=policy.default_target,
    )
    if policy.default_target:
        directory.find_target(policy.default_target, "")
    return directory


def _compile_routes(policy: Policy, runtime: Runtime) -> Routes:
    return compile_routes(
        policy.routes,
        make_directory(policy, runtime),
        runtime.routers,
        runtime.resilience.healthy,
        runtime.random.random,
    )
