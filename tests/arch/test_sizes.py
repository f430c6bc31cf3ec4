"""The fences of STYLE.md: how long a function and a module may be, and where an error of any kind may be caught."""

import ast

from tests.arch.packages import SRC, Module, functions, modules

MAX_FUNCTION_LINES = 60
MAX_MODULE_LINES = 500

BROAD_EXCEPT = {
    "lrcp/ingest/http.py": "a decoder's bug answers one request with a status and is counted; the others go on",
    "lrcp/ingest/receivers/dogstatsd/delivery.py": "the sending task outlives a fault behind its port; the batch is kept",
    "lrcp/ingest/pipeline.py": "the commit loop lives on; nothing of the group is acknowledged",
    "lrcp/monitors/schedule/round.py": "a message that cannot be written is told without it; states are kept all the same",
    "lrcp/api/monitors/replay.py": "the reply has begun when it fails: its last line says so, and the log why",
    "lrcp/monitors/schedule/scheduler.py": "whatever one round met is told by the pulse; the next round is due in ten seconds",
    "lrcp/ingest/receivers/otlp/grpc_server.py": "as ingest/http.py: a decoder's bug answers one call; nothing is acknowledged",
    "lrcp/gateway/app.py": "a fault of ours is a reply and a line in the log, never a broken connection",
    "lrcp/gateway/budgets/keeper.py": "whatever is wrong with the ledger, calls go on from the leases at hand; logged, and told in /health",
    "lrcp/gateway/guards/asking.py": "a guard's fault is no verdict: counted, logged, and the policy says what follows",
    "lrcp/gateway/guards/threads.py": "a guard's fault on a thread goes to whoever waits for it; the thread lives on",
    "lrcp/gateway/http1/cycle.py": "what the application did not catch is logged and ends the connection, not the process",
    "lrcp/gateway/policy/follower.py": "a stage that cannot be made refuses the policy; the one before it stays in force",
    "lrcp/monitors/reading.py": "whatever a source meets is told by the monitors that need it: UNKNOWN, states kept",
    "lrcp/monitors/tick.py": "a fault in planning or evaluating one monitor is told by its result: UNKNOWN, states kept",
    "lrcp/api/health.py": "a check that fails, however it does, is the answer to whoever asks for health",
}
"""The boundaries: module -> why an error of any kind stops there. Each counts or logs it, and says `# boundary: ...`."""


def test_no_function_is_longer_than_the_fence() -> None:
    long = [
        f"{module.path.relative_to(SRC)}:{node.lineno} {node.name} has {lines} lines"
        for module in modules()
        for node, lines in functions(module)
        if lines > MAX_FUNCTION_LINES
    ]
    assert long == []


def test_no_module_is_longer_than_the_fence() -> None:
    assert [f"{m.name} has {m.lines} lines" for m in modules() if m.lines > MAX_MODULE_LINES] == []


def test_errors_of_any_kind_are_caught_only_at_marked_boundaries() -> None:
    broad = {str(m.path.relative_to(SRC)): lines for m in modules() if (lines := _broad_handlers(m))}
    assert broad.keys() <= BROAD_EXCEPT.keys(), {k: v for k, v in broad.items() if k not in BROAD_EXCEPT}


def test_a_boundary_is_marked_where_it_is() -> None:
    unmarked = [
        f"{module.name}:{line}"
        for module in modules()
        for line in _broad_handlers(module)
        if "boundary:" not in module.path.read_text().splitlines()[line - 1]
    ]
    assert unmarked == []


def test_a_caught_error_is_never_only_passed_over_at_a_boundary() -> None:
    silent = [
        f"{module.name}:{handler.lineno}"
        for module in modules()
        for handler in _handlers(module)
        if _is_broad(handler) and all(isinstance(statement, ast.Pass) for statement in handler.body)
    ]
    assert silent == []


def _handlers(module: Module) -> list[ast.ExceptHandler]:
    return [node for node in ast.walk(module.tree) if isinstance(node, ast.ExceptHandler)]


def _broad_handlers(module: Module) -> list[int]:
    return [handler.lineno for handler in _handlers(module) if _is_broad(handler) and not _goes_on(handler)]


def _goes_on(handler: ast.ExceptHandler) -> bool:
    """Whether a handler only tidies up and lets the error go on."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _is_broad(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException") for kind in caught)
