"""Sending typed bodies."""

from typing import Any

import msgspec
from aiohttp import web


def json_response(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:  # noqa: ANN401 - any msgspec type
    """The value as JSON; fields that are UNSET are left out."""
    encoded = msgspec.json.encode(body)
    return web.Response(body=encoded, status=status, content_type="application/json", headers=headers)
