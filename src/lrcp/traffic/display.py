"""Showing how it goes: a live table on a terminal, plain lines elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

from lrcp.traffic.sender import Sender
from lrcp.traffic.tally import percentile

LIVE_EVERY_S = 0.5
LINE_EVERY_S = 10.0


@asynccontextmanager
async def shown(sender: Sender, title: str, console: Console) -> AsyncIterator[None]:
    """Show the sender's progress while the block runs."""
    show = _show_live if console.is_terminal else _show_lines
    task = asyncio.create_task(show(sender, title, console))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _show_live(sender: Sender, title: str, console: Console) -> None:
    with Live(render_table(sender, title), console=console, auto_refresh=False, transient=True) as live:
        while True:
            live.update(render_table(sender, title), refresh=True)
            await asyncio.sleep(LIVE_EVERY_S)


async def _show_lines(sender: Sender, title: str, console: Console) -> None:
    console.print(title, highlight=False)
    said = ""
    while True:
        await asyncio.sleep(LINE_EVERY_S if sender.tally.sent else 1.0)
        line = f"waiting {sender.waiting}" if sender.waiting else sender.tally.render(sender.elapsed_s())
        if line != said:
            console.print(line, highlight=False, soft_wrap=True)
        said = line


def render_table(sender: Sender, title: str) -> Table:
    """Where it stands, as a table of two columns."""
    tally, elapsed_s, left_s = sender.tally, sender.elapsed_s(), sender.left_s()
    table = Table(title=title, show_header=False, min_width=56)
    table.add_row("sent", f"{tally.sent}  ({tally.sent / max(elapsed_s, 1e-9):.2f}/s)" if elapsed_s else "0")
    table.add_row("ok", str(tally.ok))
    for kind, count in tally.errors.most_common():
        table.add_row(f"[red]{kind}[/red]", str(count))
    latencies = tally.latencies_s
    table.add_row("latency", f"p50 {percentile(latencies, 0.5):.2f} s   p95 {percentile(latencies, 0.95):.2f} s")
    table.add_row("tokens", f"{tally.input_tokens:,} in   {tally.output_tokens:,} out")
    table.add_row("cost", tally.render_cost())
    table.add_row("time left", "until stopped (Ctrl-C)" if left_s is None else f"{left_s:.0f} s")
    if sender.waiting:
        table.add_row("[yellow]waiting[/yellow]", sender.waiting)
    return table
