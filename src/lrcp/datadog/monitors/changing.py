"""Handlers that create, check, change and delete monitors."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.documents import Documents
from lrcp.datadog.errors import invalid, not_found
from lrcp.datadog.http import query_bool, query_list, read_object, reply
from lrcp.datadog.monitors.checks import MonitorChecks
from lrcp.datadog.monitors.definition import change_definition, new_definition
from lrcp.datadog.monitors.kept import KeptMonitors, state_of
from lrcp.datadog.monitors.search import facts_of
from lrcp.datadog.monitors.view import render_monitor
from lrcp.model.resource import Resource


class ChangeHandlers:
    """POST, PUT, DELETE, validate and can_delete."""

    def __init__(self, kept: KeptMonitors, checks: MonitorChecks, slos: Documents) -> None:
        self._kept = kept
        self._checks = checks
        self._slos = slos

    async def create(self, request: Request) -> Response:
        document = new_definition(await read_object(request))
        await self._checks.check(document)
        return reply(render_monitor(await self._kept.documents.create(document)))

    async def update(self, request: Request) -> Response:
        before = await self._kept.get(request)
        document = change_definition(before.document, await read_object(request))
        await self._checks.check(document, id=before.id)
        after = await self._kept.documents.update(before.id, document)
        if after is None:
            raise not_found("Monitor not found")
        groups = await self._kept.groups(after)
        return reply(render_monitor(after, state_of(after, await self._kept.statuses()), groups=groups))

    async def validate(self, request: Request) -> Response:
        """`{}` when the definition could be created."""
        await self._checks.check(new_definition(await read_object(request)))
        return reply({})

    async def validate_existing(self, request: Request) -> Response:
        """`{}` when the monitor could be given this definition."""
        before = await self._kept.get(request)
        await self._checks.check(change_definition(before.document, await read_object(request)), id=before.id)
        return reply({})

    async def delete(self, request: Request) -> Response:
        monitor = await self._kept.get(request)
        problems = await self._references_to([monitor])
        if problems and not query_bool(request, "force"):
            raise invalid(problems[monitor.id][0])
        await self._kept.documents.delete([monitor.id])
        await self._kept.forget([monitor.id])
        return reply({"deleted_monitor_id": int(monitor.id)})

    async def can_delete(self, request: Request) -> Response:
        ids = query_list(request, "monitor_ids")
        if not ids or not all(id.isdigit() for id in ids):
            raise invalid("The value provided for parameter 'monitor_ids' is invalid")
        found = [await self._kept.documents.find(id) for id in ids]
        problems = await self._references_to([one for one in found if one is not None])
        problems |= {id: ["Monitor not found"] for id, one in zip(ids, found, strict=True) if one is None}
        ok = [int(id) for id in ids if id not in problems]
        return reply({"data": {"ok": ok}, "errors": problems or None}, 409 if problems else 200)

    async def _references_to(self, monitors: Sequence[Resource]) -> dict[str, list[str]]:
        """For each monitor that others need, a sentence a kind of them."""
        composites = [one for one in await self._kept.documents.find_all() if one.document["type"] == "composite"]
        slos = await self._slos.find_all()
        problems: dict[str, list[str]] = {}
        for monitor in monitors:
            id = int(monitor.id)
            in_slos = [one for one in slos if id in one.document.get("monitor_ids", ())]
            in_composites = [one for one in composites if id in facts_of(one.document).references]
            for kind, users in (("slos", in_slos), ("composite monitors", in_composites)):
                if users:
                    names = ", ".join(f"[{user.id},{user.document['name']}]" for user in users)
                    text = f"monitor [{id},{monitor.document['name']}] is referenced in {kind}: {names}"
                    problems.setdefault(monitor.id, []).append(text)
        return problems
