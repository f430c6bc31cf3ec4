"""docs/monitors/algorithms.md against the code that it describes."""

import re
from pathlib import Path

from lrcp.query.algorithms import APPROXIMATIONS, anomalies, forecast, outliers
from lrcp.query.algorithms.anomalies import AnomalySettings
from lrcp.query.algorithms.forecast import ForecastSettings

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "monitors" / "algorithms.md").read_text()
UNITS = {"hours": 3600, "days": 86_400, "weeks": 604_800, "points": 60}


def _row(first: str) -> list[str]:
    line = next(line for line in TEXT.splitlines() if line.startswith(f"| {first}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def _seconds(text: str) -> int:
    amount, unit = text.split()
    return int(amount) * UNITS[unit]


def test_every_approximation_is_named() -> None:
    assert [name for name in APPROXIMATIONS if f"`{name}`" not in TEXT.split("##")[0]] == []


def test_the_history_of_each_season_is_what_the_planner_is_told() -> None:
    for season in ("hourly", "daily", "weekly"):
        told = anomalies.history_s(AnomalySettings("agile", 2.0, season), 60)
        assert _seconds(_row(f"`{season}`")[3]) == told, season
    assert _seconds(_row("none, `agile`")[3]) == anomalies.history_s(AnomalySettings("robust"), 60)
    assert _seconds(_row("none, `basic`")[3]) == anomalies.history_s(AnomalySettings("basic"), 60)


def test_every_algorithm_has_its_description() -> None:
    names = [*anomalies.ALGORITHMS, *outliers.ALGORITHMS, *forecast.ALGORITHMS]
    assert [name for name in names if not re.search(rf"^[|-] (`\w+`, )?`{name}`", TEXT, re.MULTILINE)] == []
    assert [model for model in forecast.MODELS if not re.search(rf"[`']{model}[`']", TEXT)] == []


def test_the_default_history_of_a_forecast_is_within_what_is_written() -> None:
    assert "from 12 hours to 4 weeks" in TEXT
    assert forecast.history_s(ForecastSettings(), 0) == 12 * 3600
    assert forecast.history_s(ForecastSettings(), 10**9) == 28 * 86_400
