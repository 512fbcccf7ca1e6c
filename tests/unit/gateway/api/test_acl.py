"""Access lists: patterns, methods, and paths that try to look like others."""

import pytest

from gateway.api.acl import Acl, Rule

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


def test_nothing_is_allowed_by_an_empty_list_or_a_rule_with_filters() -> None:
    assert not Acl({}).allows("GET", "/v1/users")
    assert not Acl({"/**": Rule(filters={"from": "447700900000"})}).allows("GET", "/v1/users")


def test_many_wildcards_are_matched_without_trying_every_way() -> None:
    assert not Acl({"/**" * 60 + "/end": Rule()}).allows("GET", "/a" * 200)
