"""The stages of a call to a model, outermost first. This list is the gateway."""

from lrcp.gateway.dispatch import make_dispatch
from lrcp.gateway.exchange import AttemptStage, Handler, Stage, compose_attempt_stages, compose_stages
from lrcp.gateway.providers import declare_upstreams
from lrcp.gateway.runtime import Runtime
from lrcp.gateway.stages.meter import make_meter_stage
from lrcp.gateway.stages.resilience import make_resilience_stage
from lrcp.gateway.stages.route import make_route_stage
from lrcp.model.policy.document import Policy


def make_call_handler(policy: Policy, runtime: Runtime) -> Handler:
    """The handler of every call to a model under a policy. A stage that is off is None, and not in the chain.

    Raises: InputError - the policy cannot be obeyed here; the message names the place.
    """
    config = runtime.config
    upstreams = declare_upstreams(config.upstreams, policy.providers, runtime.environ)
    attempt_stages: tuple[AttemptStage | None, ...] = (
        # faults: the ones injected on purpose
    )
    attempt = compose_attempt_stages(
        [stage for stage in attempt_stages if stage is not None], make_dispatch(runtime.client, config.timeouts)
    )
    stages: tuple[Stage | None, ...] = (
        make_meter_stage(runtime.book, config.limits, runtime.emit),
        # authentication: whose key is it
        # limits: requests, tokens, calls in progress
        # ladder: the step of now
        # guard: evaluators before and after the call
        # cache: exact, then semantic
        make_route_stage(config, upstreams),
        # budgets: dollars, reserved before and settled after
    )
    last = make_resilience_stage(
        policy.resilience,
        {route.name: route.resilience for route in policy.routes if route.resilience is not None},
        runtime.resilience,
        attempt,
        timeouts=config.timeouts,
        max_event_bytes=config.limits.max_event_bytes,
        clock=runtime.clock,
        chance=runtime.random.random,
    )
    return compose_stages([stage for stage in stages if stage is not None], last)
