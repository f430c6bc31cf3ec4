"""`lrcp monitors lint --server` against a running server that knows one metric."""

import json
import socket
import subprocess
from pathlib import Path

import pytest

from tests.support.lrcp_server import running_server
from tests.support.processes import PYTHON

pytestmark = pytest.mark.e2e


def test_names_are_compared_with_what_the_server_has(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    file = tmp_path / "monitor.json"
    query = "avg(last_5m):avg:shop.load{team:x} by {host} + avg:shop.laod{*} by {host} > 1"
    file.write_text(json.dumps({"name": "m", "type": "query alert", "query": query, "message": "x @ops"}))
    with running_server(tmp_path / "server") as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"shop.load:1|g|#host:a,env:b", ("127.0.0.1", server.dogstatsd_port))
        server.wait_rows("SELECT metric FROM metrics WHERE metric = 'shop.load'")
        argv = [PYTHON, "-m", "lrcp", "monitors", "lint", str(file), "--server", "--json"]
        done = subprocess.run(argv, env=server.environ(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = [(one["rule"], one["message"]) for one in json.loads(done.stdout)]
    assert found == [("unknown-tag", "team of shop.load"), ("unknown-metric", "shop.laod; is it shop.load?")]
