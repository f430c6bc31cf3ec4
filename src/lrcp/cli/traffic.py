"""`lrcp traffic`: its options as the generator takes them."""

from lrcp.app.settings import Settings, reachable_host
from lrcp.cli.duration import parse_duration
from lrcp.model.errors import SettingsError
from lrcp.traffic.run import TrafficOptions, run_traffic


def run_traffic_command(settings: Settings, *, profile: str, rate: float, duration: str, seed: int, url: str) -> int:
    """Send traffic. Returns: the exit code. Raises: SettingsError - an option that cannot be."""
    url = url or f"http://{reachable_host(settings.host)}:{settings.app_port}"
    duration_s = parse_duration(duration)
    try:
        options = TrafficOptions(profile=profile, rate=rate, duration_s=duration_s, seed=seed, url=url)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    return run_traffic(options)
