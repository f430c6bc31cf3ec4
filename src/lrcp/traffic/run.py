"""`lrcp traffic`: plan, send, show, and sum up."""

import asyncio
import math
import signal
from dataclasses import dataclass

from rich.console import Console

from lrcp.traffic.display import shown
from lrcp.traffic.plan import plan_gaps, plan_traffic
from lrcp.traffic.profiles import PROFILES
from lrcp.traffic.sender import Limits, Sender

DEFAULT_URL = "http://127.0.0.1:8200"


@dataclass(frozen=True, kw_only=True)
class TrafficOptions:
    """What the command is told. rate: requests a second, > 0. duration_s: 0 is until stopped. concurrency: requests in
    flight at most; 0 is what the rate needs while answers take four seconds, so that a slower model is not buried."""

    profile: str = "normal"
    rate: float = 1.0
    duration_s: float = 60.0
    seed: int = 1
    url: str = DEFAULT_URL
    concurrency: int = 0

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ValueError(f"no profile {self.profile!r}; there are {', '.join(PROFILES)}")
        if not 0 < self.rate <= 1_000:
            raise ValueError(f"rate {self.rate} is not above 0 and at most 1000 requests a second")
        if self.duration_s < 0 or self.concurrency < 0:
            raise ValueError("duration is at least 0 seconds (0: until stopped), and concurrency at least 0")


def run_traffic(options: TrafficOptions) -> int:
    """Send until the time is over or SIGINT or SIGTERM comes. Returns: exit code 0, or 1 when nothing was answered."""
    return asyncio.run(_run(options, Console()))


async def _run(options: TrafficOptions, console: Console) -> int:
    concurrency = options.concurrency or max(4, math.ceil(4 * options.rate))
    sender = Sender(options.url, Limits(concurrency=concurrency, duration_s=options.duration_s))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, sender.stop)
    profile = PROFILES[options.profile]
    title = f"{profile.name} traffic to {options.url}, {options.rate:g}/s, seed {options.seed}"
    async with shown(sender, title, console):
        await sender.run(plan_traffic(options.seed, profile), plan_gaps(options.seed, profile, options.rate))
    console.print(f"done: {sender.tally.render(sender.elapsed_s())}", highlight=False, soft_wrap=True)
    return 0 if sender.tally.ok or not sender.tally.sent else 1
