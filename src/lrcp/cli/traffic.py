"""`lrcp traffic`: its options as the generator takes them."""

import re
from typing import Final

from lrcp.app.settings import Settings, reachable_host
from lrcp.model.errors import SettingsError
from lrcp.traffic.run import TrafficOptions, run_traffic

_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def run_traffic_command(settings: Settings, *, profile: str, rate: float, duration: str, seed: int, url: str) -> int:
    """Send traffic. Returns: the exit code. Raises: SettingsError - an option that cannot be."""
    url = url or f"http://{reachable_host(settings.host)}:{settings.app_port}"
    duration_s = parse_duration(duration)
    try:
        options = TrafficOptions(profile=profile, rate=rate, duration_s=duration_s, seed=seed, url=url)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    return run_traffic(options)


def parse_duration(text: str) -> float:
    """Seconds of `90`, `90s`, `1.5m`, `2h`, `1d`. Raises: SettingsError - none of these."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip())
    if match is None:
        raise SettingsError(f"--duration {text!r} is no duration; write for example 90s, 10m or 2h")
    return float(match[1]) * _SECONDS[match[2]]
