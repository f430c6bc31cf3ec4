"""The cells: bounded memory, shared between processes, given back when a process dies."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lrcp.gateway.limits import layout
from lrcp.gateway.limits.cells import FILE_NAME, FOLDER_NAME, open_cells, private_cells
from lrcp.model.errors import SettingsError
from lrcp.model.policy.admission import Limit
from tests.support.exchanges import new_exchange
from tests.unit.gateway.limits.test_windows import Gate, HandClock, counting_in, outcome

NOW_NS = 1_790_000_000 * 10**9


def test_a_cell_is_found_again_and_others_are_not_disturbed() -> None:
    cells = private_cells()
    names = [cells.hash_of(f"session-{number}") for number in range(5_000)]
    places = {name: cells.find_or_add(layout.WINDOWS_OPEN, name, NOW_NS) for name in names}
    assert len(set(places.values())) == 5_000
    assert all(cells.find(layout.WINDOWS_OPEN, name) == place for name, place in places.items())
    assert cells.crowded == 0


def test_a_million_sessions_take_no_more_memory_than_a_thousand() -> None:
    gate = Gate(Limit(name="l", requests=1, per="session"), Limit(name="all", requests=2_000_000))
    find, words = gate.rules[0].places.find, len(gate.state.cells.words)
    exchange = new_exchange()
    for number in range(1_000_000):
        exchange.caller.session = f"s{number}"
        find(gate.state.cells, exchange, NOW_NS + number)
    assert len(gate.state.cells.words) == words
    assert len(gate.rules[0].places._remembered) <= 512
    exchange.caller.session = "s999999"
    assert [gate.passes(exchange), gate.passes(exchange)] == [True, False]


def test_a_flood_of_sessions_does_not_push_out_the_limit_over_everything() -> None:
    gate = Gate(Limit(name="sessions", requests=5, per="session"), Limit(name="all", requests=50_000))
    exchange = new_exchange()
    passed = 0
    for number in range(60_000):
        exchange.caller.session = f"s{number}"
        exchange.reply_headers.clear()
        passed += gate.passes(exchange)
    assert passed == 50_000
    assert gate.state.cells.crowded > 0


def test_the_cell_that_is_idle_longest_gives_way() -> None:
    gate = Gate(Limit(name="l", requests=1, per="session"))
    exchange = new_exchange()
    exchange.caller.session = "kept"
    assert gate.passes(exchange)
    gate.clock.now -= 3 * 60 * 10**9
    for number in range(200_000):
        exchange.caller.session = f"s{number}"
        gate.rules[0].places.find(gate.state.cells, exchange, gate.clock.now)
    gate.clock.now += 3 * 60 * 10**9
    exchange.caller.session = "kept"
    assert not gate.passes(exchange)


def test_counts_survive_a_restart(tmp_path: Path) -> None:
    for expected in (True, False):
        cells = open_cells(tmp_path)
        assert Gate(Limit(name="l", requests=1), state=counting_in(cells)).passes() is expected
        cells.close()


def test_only_its_owner_reads_the_file(tmp_path: Path) -> None:
    open_cells(tmp_path).close()
    assert (tmp_path / FOLDER_NAME / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_file_of_the_wrong_size_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / FOLDER_NAME).mkdir()
    (tmp_path / FOLDER_NAME / FILE_NAME).write_bytes(b"half")
    cells = open_cells(tmp_path)
    assert Gate(Limit(name="l", requests=1), state=counting_in(cells)).passes()
    cells.close()


def test_calls_at_the_same_time_are_bounded_and_given_back_at_their_end() -> None:
    gate = Gate(Limit(name="l", concurrent=2))
    first, second = new_exchange(), new_exchange()
    gate.run(first)
    gate.run(second)
    refusal = gate.refusal()
    assert refusal is not None
    assert str(refusal) == "the limit 'l' is 2 calls at the same time; try again in 0.5 s"
    first.on_done[0](outcome(1, 1))
    assert [gate.passes(), gate.passes()] == [True, False]


def test_workers_bound_their_calls_together_and_a_closed_one_gives_its_calls_back(tmp_path: Path) -> None:
    clock = HandClock()
    states = [counting_in(open_cells(tmp_path)) for _ in range(2)]
    gates = [Gate(Limit(name="l", concurrent=3), state=state, clock=clock) for state in states]
    assert [states[0].cells.worker, states[1].cells.worker] == [0, 1]
    assert [gates[0].passes(), gates[1].passes(), gates[0].passes(), gates[1].passes()] == [True, True, True, False]
    states[0].cells.close()
    assert [gates[1].passes(), gates[1].passes(), gates[1].passes()] == [True, True, False]
    states[1].cells.close()


def test_a_process_that_is_stopped_with_the_lock_does_not_stop_the_others(tmp_path: Path) -> None:
    cells = open_cells(tmp_path)
    gate = Gate(Limit(name="l", requests=1), state=counting_in(cells))
    with (tmp_path / FOLDER_NAME / FILE_NAME).open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert [gate.passes(), gate.passes()] == [True, False]
    assert cells.unlocked == 2
    cells.close()


def test_a_short_wait_for_the_lock_is_waited(tmp_path: Path) -> None:
    cells = open_cells(tmp_path)
    other = os.open(tmp_path / FOLDER_NAME / FILE_NAME, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    threading.Timer(0.005, os.close, (other,)).start()
    with cells:
        pass
    assert cells.unlocked == 0
    cells.close()


WORKER = """
import sys
from pathlib import Path
from lrcp.gateway.limits import cells
from lrcp.gateway.errors import RefusedError
from lrcp.gateway.limits.rules import compile_limits
from lrcp.gateway.limits.state import LimitState
from lrcp.gateway.stages.limits import admit
from lrcp.kit.clock import SystemClock
from lrcp.model.policy.admission import Limit
from tests.support.exchanges import new_exchange

what, most, tries = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
cells.LOCK_PATIENCE_S = 60.0  # on a busy machine the holder of the lock may have to wait for a core
state = LimitState()
state.use(cells.open_cells(Path(sys.argv[1])))
rules = compile_limits([Limit(name="l", every="day", **{what: most})], state.typical)
print("ready", flush=True)
sys.stdin.readline()
passed = 0
for _ in range(tries):
    try:
        admit(new_exchange(), rules, state, SystemClock())
        passed += 1
    except RefusedError:
        pass
print(passed, flush=True)
sys.stdin.readline()
"""


def start_worker(folder: Path, what: str, most: int, tries: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WORKER, str(folder), what, str(most), str(tries)]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    return worker


def tell(worker: "subprocess.Popen[str]") -> None:
    assert worker.stdin is not None
    worker.stdin.write("\n")
    worker.stdin.flush()


def result(worker: "subprocess.Popen[str]") -> int:
    assert worker.stdout is not None
    return int(worker.stdout.readline())


@pytest.mark.parametrize("what", ["requests", "concurrent"])
def test_processes_that_count_at_the_same_time_let_through_exactly_the_limit(tmp_path: Path, what: str) -> None:
    workers = [start_worker(tmp_path, what, 5_000, 3_000) for _ in range(4)]
    for worker in workers:
        tell(worker)
    results = [result(worker) for worker in workers]
    for worker in workers:
        tell(worker)
        worker.wait(timeout=30)
    assert sum(results) == 5_000


def test_a_killed_worker_gives_its_calls_back_and_keeps_the_requests_it_counted(tmp_path: Path) -> None:
    clock = HandClock(1_790_000_000 * 10**9)
    state = counting_in(open_cells(tmp_path))
    gate = Gate(Limit(name="l", every="day", concurrent=10), state=state, clock=clock)
    worker = start_worker(tmp_path, "concurrent", 10, 7)
    tell(worker)
    assert result(worker) == 7
    assert [gate.passes() for _ in range(4)] == [True, True, True, False]
    worker.send_signal(signal.SIGKILL)
    worker.wait(timeout=30)
    clock.now += 10**9
    assert [gate.passes() for _ in range(8)] == [True] * 7 + [False]
    state.cells.close()


def test_a_worker_killed_in_the_middle_of_deciding_does_not_hold_the_lock(tmp_path: Path) -> None:
    cells = open_cells(tmp_path)
    worker = start_worker(tmp_path, "requests", 10**9, 10**9)
    tell(worker)
    for _ in range(200):
        with cells:
            pass
    worker.send_signal(signal.SIGKILL)
    worker.wait(timeout=30)
    before = cells.unlocked
    for _ in range(100):
        with cells:
            pass
    assert cells.unlocked == before
    cells.close()


def test_more_processes_than_there_are_numbers_for_are_told(tmp_path: Path) -> None:
    opened = [open_cells(tmp_path) for _ in range(layout.MAX_WORKERS)]
    with pytest.raises(SettingsError, match="start fewer workers"):
        open_cells(tmp_path)
    for cells in opened:
        cells.close()
