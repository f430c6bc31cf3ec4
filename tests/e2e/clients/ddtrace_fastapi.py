"""A FastAPI application under ddtrace-run, no model in sight: two requests that succeed and one that fails."""

import json
import socket
import threading
import urllib.error
import urllib.request

import uvicorn
from ddtrace import tracer
from fastapi import FastAPI

app = FastAPI()


@app.get("/products/{number}")
def product(number: int) -> dict[str, int]:
    with tracer.trace("stock.count", resource="warehouse-1") as span:
        span.set_tag("aisle", "7")
        if number == 13:
            raise LookupError("no product 13")
    return {"number": number, "stock": 4}


listener = socket.create_server(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
thread.start()
statuses = []
for number in (7, 8, 13):
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/products/{number}"
        with urllib.request.urlopen(url, timeout=20) as reply:
            statuses.append(reply.status)
    except urllib.error.HTTPError as error:
        statuses.append(error.code)
server.should_exit = True
thread.join()
print(json.dumps({"statuses": statuses}))
