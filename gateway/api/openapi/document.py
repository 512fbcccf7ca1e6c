"""The OpenAPI document as a whole."""

import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from gateway.api.endpoints import Endpoint
from gateway.api.openapi.operations import SECURITY_SCHEMES, operation, template, types_of
from gateway.api.openapi.schemas import Schemas

Json = dict[str, Any]

_ABOUT = """\
A self-hosted gateway for voice applications and conversations. It speaks the published Nexmo/Vonage
interfaces, so that what was written for them runs against it unchanged.
"""


def describe(endpoints: Sequence[Endpoint], server: str) -> Json:
    """The document for a server at the address `server` (OpenAPI 3.1.1)."""
    schemas = Schemas(kind for endpoint in endpoints for kind in types_of(endpoint))
    paths: dict[str, Json] = {}
    for endpoint in endpoints:
        item = paths.setdefault(template(endpoint.path), {})
        item[endpoint.method.lower()] = operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cordboard", "version": version("cordboard"), "description": _ABOUT},
        "servers": [{"url": server}],
        "tags": _tags(endpoints),
        "paths": paths,
        "components": {"schemas": schemas.components, "securitySchemes": SECURITY_SCHEMES},
    }


def _tags(endpoints: Sequence[Endpoint]) -> list[Json]:
    """The resources in the order of the table, each with the first line of its module."""
    modules = {endpoint.tag: endpoint.route.handler.__module__ for endpoint in endpoints}
    return [
        {"name": tag, "description": (sys.modules[module].__doc__ or "").partition("\n")[0]}
        for tag, module in modules.items()
    ]
