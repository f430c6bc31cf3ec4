"""run_cases: all case files below some paths, run one after another."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Final

from lrcp.monitors.lab.build import parse_case_file
from lrcp.monitors.lab.case import Case, CaseError, CaseFile, CaseResult
from lrcp.monitors.lab.judge import Judge
from lrcp.monitors.lab.run import CaseRun

SUFFIXES: Final = (".yaml", ".yml", ".test")

Progress = Callable[[int, int, CaseResult], None]
"""Called after each case with (cases done, cases in all, its result)."""


def run_cases(
    paths: Sequence[Path],
    *,
    progress: Progress | None = None,
    only: str = "",
    now_s: Callable[[], float] = perf_counter,
) -> list[CaseResult]:
    """Every case of every case file, in the order of their paths.

    Args:
        paths: files, or folders in which every file that is a case file is run. only: cases whose name holds this.
        now_s: seconds of any clock, for took_s.
    Returns: a result a case; and one for each file that cannot be read, with its `error`.
    """
    files, results = [], []
    for path, named in find_case_files(paths):
        try:
            files.append(parse_case_file(path))
        except CaseError as error:
            if named or _means_cases(path):
                results.append(CaseResult(path=str(path), name=path.name, line=error.line or 0, error=error.message))
    cases = [(file, case) for file in files for case in file.cases if only in case.name]
    for number, (file, case) in enumerate(cases, 1):
        result = asyncio.run(_run(file, case, now_s))
        results.append(result)
        if progress is not None:
            progress(number, len(cases), result)
    return sorted(results, key=lambda result: result.path)


def find_case_files(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Files that may be case files, and whether they were named themselves. A path that is not there is yielded too."""
    for path in paths:
        if not path.is_dir():
            yield path, True
            continue
        for file in sorted(path.rglob("*")):
            if file.suffix in SUFFIXES and file.is_file():
                yield file, False


def _means_cases(path: Path) -> bool:
    """Whether a file that was only come upon is meant as a case file."""
    text = path.read_text(errors="replace")
    words = ("\nexpect:", "\ncases:", "\n    expect:", "\ncase ")
    return any(word in f"\n{text}" for word in words)


async def _run(file: CaseFile, case: Case, now_s: Callable[[], float]) -> CaseResult:
    begun_s = now_s()
    run, judge = CaseRun(case), Judge(case)
    ticks = run.ticks
    for at_s in ticks:
        judge.look(await run.tick(at_s))
    return CaseResult(
        path=file.path,
        name=case.name,
        line=case.line,
        failures=tuple(judge.failures(run)),
        ticks=len(ticks),
        expectations=len(case.expected),
        took_s=now_s() - begun_s,
    )
