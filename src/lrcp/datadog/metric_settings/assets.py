"""`/api/v2/metrics/{name}/assets`: the dashboards, monitors and SLOs that speak of a metric. Source: recordings."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.documents import Documents
from lrcp.datadog.http import reply
from lrcp.model.resource import Resource


class AssetHandlers:
    """Looks for the metric's name in the documents. kinds: as the reply calls them, such as `dashboards`."""

    def __init__(self, kinds: Mapping[str, Documents]) -> None:
        self._kinds = kinds

    async def get(self, request: Request) -> Response:
        name = request.path_params["name"]
        found = {kind: await self._find(documents, name) for kind, documents in self._kinds.items()}
        links = {kind: {"data": [{"id": one.id, "type": kind} for one in assets]} for kind, assets in found.items()}
        included = [_describe(kind, one) for kind, assets in found.items() for one in assets]
        data = {"id": name, "type": "metrics", "relationships": links | {"notebooks": {"data": []}}}
        return reply({"data": data, "included": included})

    async def _find(self, documents: Documents, name: str) -> list[Resource]:
        mentions = re.compile(rf"(?<![\w.]){re.escape(name)}(?![\w.])").search
        found = await documents.find_all()
        # Thousands of documents take a while.
        return await asyncio.to_thread(
            lambda: [one for one in found if mentions(msgspec.json.encode(one.document).decode())]
        )


def _describe(kind: str, asset: Resource) -> dict[str, Any]:
    title = asset.document.get("title") or asset.document.get("name") or ""
    return {"id": asset.id, "type": kind, "attributes": {"title": title, "popularity": 0}}
