"""Guard: evaluators look at requests and answers, and block, redact or mark them."""

from collections.abc import Callable, Mapping, Sequence

from lrcp.gateway.errors import RefusedError
from lrcp.gateway.exchange import Exchange, Handler, Reply, Stage
from lrcp.gateway.guards.asking import GuardState
from lrcp.gateway.guards.bodies import check_reply, check_request, note_usage
from lrcp.gateway.guards.hook import Hook, make_hooks
from lrcp.gateway.guards.port import GuardFactory
from lrcp.gateway.guards.streams import check_stream
from lrcp.gateway.wire.format import CHAT
from lrcp.gateway.wire.transcript import Transcript
from lrcp.model.policy.admission import Guard


def make_guard_stage(
    guards: Sequence[Guard],
    factories: Mapping[str, GuardFactory],
    state: GuardState,
    *,
    max_event_bytes: int,
    route_of: Callable[[Exchange], str],
) -> Stage | None:
    """The stage of a policy's guards; None when there are none.

    factories: guards by the name that a policy `uses`. route_of: the name of the route that will take a request, '' for
    none; asked only when a guard is about routes. Raises: InputError - a guard cannot be made.
    """
    if not guards:
        return None
    hooks = make_hooks(guards, factories, state)
    before = tuple(hook for hook in hooks if hook.on != "reply")
    after = tuple(hook for hook in hooks if hook.on != "request")
    by_route = any(guard.match.routes for guard in guards)

    async def guard(exchange: Exchange, proceed: Handler) -> Reply:
        if by_route:
            exchange.route = route_of(exchange) or exchange.route
        asked = [hook for hook in before if hook.applies(exchange)]
        if asked:
            await check_request(exchange, asked)
        reply = await proceed(exchange)
        asked = [hook for hook in after if hook.applies(exchange)]
        if asked and reply.status == 200 and exchange.call.operation == CHAT:
            await _check(exchange, reply, asked, max_event_bytes)
        return reply

    return guard


async def _check(exchange: Exchange, reply: Reply, hooks: Sequence[Hook], max_event_bytes: int) -> None:
    if reply.stream is not None:
        reply.stream = await check_stream(exchange, reply.stream, hooks, max_event_bytes)
        return
    try:
        await check_reply(exchange, reply, hooks)
    except RefusedError:
        transcript = Transcript(0)
        exchange.format.read_body(transcript, reply.body)
        note_usage(exchange, transcript)
        raise
