"""Links, as most of the API shows them."""

import msgspec


class Link(msgspec.Struct, frozen=True):
    """A link."""

    href: str


class SelfLink(msgspec.Struct, frozen=True, rename={"self_": "self"}):
    """Where something is."""

    self_: Link


def self_link(href: str) -> SelfLink:
    """`_links` of what links to itself alone."""
    return SelfLink(Link(href))
