"""Requests as handlers get them: the caller known and allowed, bodies and queries read into types."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, TypeVar, overload

from aiohttp import web

from gateway.api.auth import Caller
from gateway.api.body import read_json
from gateway.api.services import Services
from gateway.api.validation import convert
from gateway.api.versions import Version
from gateway.errors import Unauthorized
from gateway.files.media import Owner
from gateway.reading import respell

T = TypeVar("T")
Model = Any
"""A msgspec type that a body or a query is read into; unions are no `type`."""


class Undeclared(Exception):
    """A handler reads what its route does not say: a defect of ours, which the description would hide."""


@dataclass(frozen=True, kw_only=True)
class Reads:
    """What a route says that its handler reads: types, or None for nothing."""

    body: Model = None
    query: Model = None

    def check(self, declared: Model, model: Model) -> None:
        """Raise Undeclared where a handler reads `model`, and not what is declared."""
        if model is not declared:
            raise Undeclared(f"{model} is read, {declared} is declared.")


@dataclass(frozen=True, kw_only=True)
class ApiRequest:
    """A request and what answers it."""

    http: web.Request
    services: Services
    reads: Reads

    def segment(self, name: str) -> str:
        """A variable part of the path."""
        return self.http.match_info[name]

    def query(self, model: type[T]) -> T:
        """The query as `model`; empty parameters count as absent. Raises Invalid."""
        self.reads.check(self.reads.query, model)
        return convert({name: text for name, text in self.http.query.items() if text}, model, text=True)

    @overload
    async def body(self, model: type[T], *, respelled: bool = False) -> T: ...

    @overload
    async def body(self, model: UnionType, *, respelled: bool = False) -> Any: ...  # noqa: ANN401 - a union is no type

    async def body(self, model: type[T] | UnionType, *, respelled: bool = False) -> T | Any:
        """The JSON body as `model`. Raises Invalid, and what else `read_json` raises.

        `respelled` takes the names of its members in camelCase, too.
        """
        self.reads.check(self.reads.body, model)
        value = await read_json(self.http)
        body: T = convert(respell(value, model) if respelled else value, model)
        return body


@dataclass(frozen=True, kw_only=True)
class TenantRequest(ApiRequest):
    """A request with an application's token."""

    caller: Caller

    @property
    def tenant(self) -> str:
        """The application's id, which every read names."""
        return self.caller.application.id


@dataclass(frozen=True, kw_only=True)
class VersionedRequest(TenantRequest):
    """A request to one of the versions of the Conversation API."""

    version: Version

    @property
    def root(self) -> str:
        """What hrefs start with: the public address and the version's prefix."""
        return f"{self.services.public_url}{self.version.prefix}"


@dataclass(frozen=True, kw_only=True)
class AccountRequest(ApiRequest):
    """A request with an account's credentials."""

    account: str
    """The API key."""
    fields: Mapping[str, str]
    """Parameters of the query and of a form, together."""

    def parameters(self, model: type[T]) -> T:
        """The fields as `model`; empty ones count as absent. Raises Invalid."""
        self.reads.check(self.reads.query or self.reads.body, model)
        return convert({name: text for name, text in self.fields.items() if text}, model, text=True)


@dataclass(frozen=True, kw_only=True)
class OwnerRequest(ApiRequest):
    """A request with an account's credentials or an application's token, or with neither where it may."""

    caller: Owner | None

    @property
    def owner(self) -> Owner:
        """Who asks. Raises Unauthorized for who did not say."""
        if self.caller is None:
            raise Unauthorized("You did not provide correct credentials.")
        return self.caller


TenantHandler = Callable[[TenantRequest], Awaitable[web.StreamResponse]]
VersionedHandler = Callable[[VersionedRequest], Awaitable[web.StreamResponse]]
AccountHandler = Callable[[AccountRequest], Awaitable[web.StreamResponse]]
OwnerHandler = Callable[[OwnerRequest], Awaitable[web.StreamResponse]]
OpenHandler = Callable[[ApiRequest], Awaitable[web.StreamResponse]]
