"""How soon the processes are ready, and what they weigh when idle. Targets: server 3 s, 600 MB; gateway 1 s, 100 MB.

    python -m benchmarks.startup

Cold: an empty data directory, and after each start the page cache is asked to drop the packages' files where the system lets us.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.server_process import ServerProcess, free_ports, rss_mb

TIMES = 5
IDLE_S = 10


def drop_page_cache() -> bool:
    """Whether the system let us."""
    try:
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("1")
    except OSError:
        return False
    return True


def measure_server() -> tuple[list[float], float]:
    seconds = []
    for _ in range(TIMES):
        drop_page_cache()
        with tempfile.TemporaryDirectory(prefix="lrcp-start-") as directory:
            server = ServerProcess(Path(directory))
            seconds.append(server.start())
            if len(seconds) == TIMES:
                time.sleep(IDLE_S)
            weight = server.rss_mb()
            server.stop()
    return seconds, weight


def measure_gateway() -> tuple[list[float], float]:
    seconds = []
    for _ in range(TIMES):
        drop_page_cache()
        (port,) = free_ports(1)
        env = os.environ | {"LRCP_GATEWAY_PORT": str(port)}
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "lrcp", "gateway"], env=env, stderr=subprocess.DEVNULL)
        while not answers(f"http://127.0.0.1:{port}/health"):
            time.sleep(0.01)
        seconds.append(time.perf_counter() - began)
        if len(seconds) == TIMES:
            time.sleep(IDLE_S)
        weight = rss_mb(process.pid)
        process.terminate()
        process.wait(20)
    return seconds, weight


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def main() -> None:
    print(
        "page cache dropped before each start" if drop_page_cache() else "page cache could not be dropped: warm starts"
    )
    for name, measure in (("server", measure_server), ("gateway", measure_gateway)):
        seconds, weight = measure()
        print(f"  {name:8} ready in {statistics.median(seconds):.2f} s (median of {TIMES}, slowest {max(seconds):.2f} s),"
              f" {weight:.0f} MB after {IDLE_S} s idle")  # fmt: skip


if __name__ == "__main__":
    main()
