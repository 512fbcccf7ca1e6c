"""Every method and path that the gateway serves: the tables of the resources, the versions unfolded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.api.families import Families, Family, family_of
from gateway.api.guards import Respond, guarded, guarded_in
from gateway.api.replies import Reply
from gateway.api.requests import Reads
from gateway.api.routes import AnyRoute, UnversionedRoute, VersionedRoute
from gateway.api.versions import Version
from gateway.api.xml_answers import SUFFIX, XML_TYPES

SLASH = "{slash:/?}"
"""At the end of a path with variable segments, as aiohttp writes it: one pattern serves both."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A route where it is served."""

    path: str
    """With the version's prefix."""
    route: AnyRoute
    reads: Reads
    reply: Reply | None
    family: Family
    respond: Respond
    """The handler behind its door."""
    version: str = ""
    """The prefix, where there is one."""

    @property
    def method(self) -> str:
        """In capitals."""
        return self.route.method

    @property
    def paths(self) -> tuple[str, ...]:
        """Where it is served: published clients put a slash at the end of some paths, or the format."""
        in_xml = self.reply is not None and XML_TYPES[0] in self.reply.media_types
        formats = (self.path + SUFFIX,) if in_xml else ()
        if "{" in self.path:
            return (self.path + SLASH,)
        return (self.path, *([] if self.path == "/" else [f"{self.path}/"]), *formats)

    @property
    def tag(self) -> str:
        """The resource: the name of the handler's module."""
        return self.route.handler.__module__.rpartition(".")[2]


def endpoints_of(
    unversioned: Iterable[UnversionedRoute],
    versioned: Iterable[VersionedRoute],
    versions: Iterable[Version],
    families: Families,
) -> Iterator[Endpoint]:
    """The endpoints of the tables; of the versions the newest, which is the last, comes first."""
    newest_first = list(versions)[::-1]
    for each in versioned:
        yield from (_endpoint_in(version, each) for version in newest_first if each.is_in(version))
    for route in unversioned:
        yield Endpoint(
            path=route.path,
            route=route,
            reads=route.reads,
            reply=route.reply,
            family=family_of(families, route.path),
            respond=guarded(route),
        )


def _endpoint_in(version: Version, route: VersionedRoute) -> Endpoint:
    return Endpoint(
        path=f"{version.prefix}{route.path}",
        route=route,
        reads=route.reads_in(version),
        reply=route.reply_in(version),
        family=version.errors,
        respond=guarded_in(version, route),
        version=version.prefix,
    )
