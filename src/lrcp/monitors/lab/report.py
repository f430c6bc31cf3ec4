"""Results for people, for programs and for CI."""

from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

from lrcp.monitors.lab.case import CaseResult, Failure


def failure_lines(result: CaseResult) -> Iterator[str]:
    """What went wrong in a case, a line each."""
    if result.error:
        yield f"{result.path}:{result.line}" if result.line else result.path
        yield from (f"  {line}" for line in result.error.splitlines())
    for failure in result.failures:
        yield f"{result.path}:{failure.line}"
        yield f"  expected  {failure.expected}"
        yield f"  got       {failure.got}"
        if failure.why:
            yield f"  why       {failure.why}"
        yield from (f"            {line}" for line in failure.timeline)


def summary_line(results: Sequence[CaseResult]) -> str:
    """`3 cases passed, 1 failed; 1,204 ticks in 0.84 s`."""
    failed = sum(not result.passed for result in results)
    passed = len(results) - failed
    ticks, took_s = sum(result.ticks for result in results), sum(result.took_s for result in results)
    failures = f", {failed} failed" if failed else ""
    return f"{passed} case{'' if passed == 1 else 's'} passed{failures}; {ticks:,} ticks in {took_s:.2f} s"


def as_json(results: Sequence[CaseResult]) -> dict[str, Any]:
    """All of it, for programs."""
    return {
        "passed": sum(result.passed for result in results),
        "failed": sum(not result.passed for result in results),
        "cases": [
            {
                "path": result.path,
                "name": result.name,
                "line": result.line,
                "passed": result.passed,
                "error": result.error,
                "ticks": result.ticks,
                "took_s": round(result.took_s, 6),
                "failures": [_failure(failure) for failure in result.failures],
            }
            for result in results
        ],
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "line": failure.line,
        "expected": failure.expected,
        "got": failure.got,
        "why": failure.why,
        "timeline": list(failure.timeline),
    }


def as_junit(results: Sequence[CaseResult]) -> str:
    """JUnit's XML: a suite a file, a case a case."""
    root = ElementTree.Element("testsuites", {"name": "lrcp monitors test", **_counts(results)})
    for path in dict.fromkeys(result.path for result in results):
        own = [result for result in results if result.path == path]
        suite = ElementTree.SubElement(root, "testsuite", {"name": path, **_counts(own)})
        for result in own:
            _junit_case(suite, result)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _counts(results: Sequence[CaseResult]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(bool(result.failures) and not result.error for result in results)),
        "errors": str(sum(bool(result.error) for result in results)),
        "time": f"{sum(result.took_s for result in results):.3f}",
    }


def _junit_case(suite: ElementTree.Element, result: CaseResult) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=result.path,
        name=_printable(result.name),
        file=result.path,
        line=str(result.line),
        time=f"{result.took_s:.3f}",
    )
    if result.error:
        ElementTree.SubElement(case, "error", message=_printable(result.error))
        return
    if result.failures:
        first = result.failures[0]
        message = _printable(f"expected {first.expected}, got {first.got}")
        element = ElementTree.SubElement(case, "failure", message=message)
        element.text = _printable("\n".join(failure_lines(result)))


def _printable(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(char if char >= " " or char in "\n\t" else "?" for char in text)
