"""Access lists: patterns, methods, and paths that try to look like others."""

from typing import Any

import pytest

from gateway.api.acl import Acl, Rule, Said

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("pattern", "path", "allowed"),
    [
        ("/*/users/**", "/v1/users", True),
        ("/*/users/**", "/beta/users/USR-1/sessions", True),
        ("/*/users/**", "/v1/users/", True),
        ("/*/users/**", "/users", False),
        ("/*/users/**", "/v1/usersx", False),
        ("/*/users/*", "/v1/users", False),
        ("/*/users/*", "/v1/users/a/b", False),
        ("/v1/users", "/v1/users", True),
        ("/v1/users", "/v2/users", False),
        ("/**", "/v1/conversations/CON-1", True),
        ("/**", "/", False),
        ("/**/events", "/v1/conversations/CON-1/events", True),
        ("/**/events", "/v1/conversations/CON-1/members", False),
        ("/**/**/**/events", "/events", True),
        ("/*/conversations/**", "/v1/conversations/%2e%2e/users", False),
        ("/*/conversations/**", "/v1/conversations/..%2fusers", False),
        ("/*/conversations/**", "/v1/conversations//users", False),
        ("/*/conversations/**", "/v1/con%76ersations/CON-1", True),
        ("", "/v1/users", False),
    ],
)
def test_patterns(pattern: str, path: str, allowed: bool) -> None:
    assert Acl({pattern: Rule()}).allows("GET", path) is allowed


@pytest.mark.parametrize(
    ("methods", "allowed"), [(None, True), (["GET"], True), (["POST", "PUT"], False), ([], False)]
)
def test_methods(methods: list[str] | None, allowed: bool) -> None:
    assert Acl({"/**": Rule(methods=methods)}).allows("GET", "/v1/users") is allowed


def test_any_rule_that_matches_is_enough() -> None:
    acl = Acl({"/*/users/**": Rule(methods=["GET"]), "/**": Rule(methods=["POST"])})
    assert acl.allows("GET", "/v1/users")
    assert acl.allows("POST", "/v1/calls")
    assert not acl.allows("DELETE", "/v1/users")


def test_nothing_is_allowed_by_an_empty_list() -> None:
    assert not Acl({}).allows("GET", "/v1/users")


@pytest.mark.parametrize(
    ("filters", "said", "allowed"),
    [
        ({"from": "MEM-1"}, ({}, {"from": "MEM-1"}), True),
        ({"from": "MEM-1"}, ({"from": "MEM-1"}, {}), True),
        ({"from": "MEM-1"}, ({"from": "MEM-1"}, {"from": "MEM-1"}), True),
        ({"from": "MEM-1"}, (), False),
        ({"from": "MEM-1"}, ({}, {}), False),
        ({"from": "MEM-1"}, ({}, {"from": "MEM-2"}), False),
        ({"from": "MEM-1"}, ({"from": "MEM-1"}, {"from": "MEM-2"}), False),
        ({"from": "MEM-1"}, ({"from": "MEM-2"}, {"from": "MEM-1"}), False),
        ({"from": "MEM-1"}, ({"from": ["MEM-1", "MEM-2"]}, {}), False),
        ({"from": "MEM-1"}, ({}, {"from": {"from": "MEM-1"}}), False),
        ({"from": None}, ({}, {}), False),
        ({"muted": True}, ({}, {"muted": 1}), False),
        ({"loop": 1}, ({}, {"loop": True}), False),
        ({"channel": {"type": "app"}}, ({}, {"channel": {"type": "app", "to": {}}}), True),
        ({"channel": {"type": "app"}}, ({}, {"channel": {"to": {"type": "app"}}}), False),
        ({"channel": {"type": "app"}}, ({}, {"channel": "app"}), False),
        ({"a": 1, "b": 2}, ({}, {"a": 1}), False),
        ({"a": 1, "b": 2}, ({"b": 2}, {"a": 1}), True),
        ({"": {}}, ({}, {"from": "MEM-1"}), False),
    ],
)
def test_filters(filters: dict[str, Any], said: tuple[Said, ...], allowed: bool) -> None:
    acl = Acl({"/**": Rule(filters=filters)})
    assert acl.needs_filters("GET", "/v1/users")
    assert acl.allows("GET", "/v1/users", said) is allowed


def test_filters_do_not_count_where_another_rule_allows() -> None:
    acl = Acl({"/**": Rule(filters={"from": "x"}), "/v1/*": Rule(methods=["GET"])})
    assert not acl.needs_filters("GET", "/v1/users")
    assert acl.allows("GET", "/v1/users")
    assert acl.needs_filters("POST", "/v1/users")


def test_many_wildcards_are_matched_without_trying_every_way() -> None:
    assert not Acl({"/**" * 60 + "/end": Rule()}).allows("GET", "/a" * 200)
