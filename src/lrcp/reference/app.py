"""The process of the reference application: tracing first, then the application, then a server for it."""

from dataclasses import replace

from lrcp.reference.settings import ReferenceSettings, load_reference_settings
from lrcp.reference.tracing import start_tracing, stop_tracing


def run_app(settings: ReferenceSettings) -> None:
    """Serve until SIGINT or SIGTERM; then finish the requests in flight and send what the tracer still holds."""
    start_tracing()
    # Only now: what is instrumented must be imported after the instrumentation.
    import uvicorn

    from lrcp.reference.endpoints import create_app

    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=10,
        limit_concurrency=256,
    )
    try:
        uvicorn.Server(config).run()
    finally:
        stop_tracing()


def main(host: str | None = None, port: int | None = None, gateway_url: str | None = None) -> int:
    """Run with the settings of the environment, changed by what is given. Returns: the process's exit code."""
    given = {"host": host, "port": port, "gateway_url": gateway_url}
    settings = replace(load_reference_settings(), **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    run_app(settings)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
