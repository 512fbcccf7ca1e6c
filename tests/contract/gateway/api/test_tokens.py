"""Who gets in: tokens of every bad kind, the ones that real generators make, access lists, Basic."""

import base64
import json
from collections.abc import Callable

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import padding

from tests.support.api import API_KEY, APPLICATION, NEIGHBOUR, Api, key_pair, signing_key

pytestmark = pytest.mark.contract

MAX_LIFE_S, LEEWAY_S = 24 * 3600, 60
"""A token is good for a day, and clocks may be a minute apart: as documented, not as it is written there."""

Forge = Callable[[Api], str]


def _segment(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _by_hand(api: Api, header: dict[str, object], **claims: object) -> str:
    """A token with any header, signed with the application's own key as RS256."""
    signed = f"{_segment(header)}.{_segment(api.claims(**claims))}"
    signature = signing_key(APPLICATION).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_segment(signature)}"


def _none(api: Api) -> str:
    return f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{_segment(api.claims())}."


def _hmac_with_public_key(api: Api) -> str:
    signed = f"{_segment({'alg': 'HS256', 'typ': 'JWT'})}.{_segment(api.claims())}"
    mac = hmac.HMAC(key_pair(APPLICATION)[1].encode(), hashes.SHA256())
    mac.update(signed.encode())
    return f"{signed}.{_segment(mac.finalize())}"


def _changed_after_signing(api: Api) -> str:
    header, _, signature = api.token().split(".")
    return f"{header}.{_segment(api.claims(sub='alice'))}.{signature}"


def _changed_signature(api: Api) -> str:
    head, _, signature = api.token().rpartition(".")
    return f"{head}.{signature[:-8]}{'A' * 8}"


def _foreign_key(api: Api) -> str:
    return jwt.encode(api.claims(), key_pair(NEIGHBOUR)[0], algorithm="RS256")


def _own_key(api: Api) -> str:
    """Signed with a key that the token brings along."""
    private, _ = key_pair("nobody")
    jwk = {"kty": "RSA", "n": "AQAB", "e": "AQAB"}
    return jwt.encode(api.claims(), private, algorithm="RS256", headers={"jwk": jwk})


def _claims(**claims: object) -> Forge:
    return lambda api: api.token(**claims)


def _at(seconds: float, *names: str) -> Forge:
    return lambda api: api.token(**{name: api.clock.wall() + seconds for name in names})


BAD: dict[str, Forge] = {
    "nothing": lambda _: "",
    "no token": lambda _: "x",
    "dots": lambda _: "...",
    "no json": lambda _: f"{_segment(b'{')}.{_segment(b'{')}.AAAA",
    "no object": lambda _: f"{_segment([])}.{_segment([])}.AAAA",
    "very long": lambda api: api.token() + "A" * 4000,
    "alg none": _none,
    "alg none, otherwise good": lambda api: _by_hand(api, {"alg": "none"}),
    "HS256 with the public key": _hmac_with_public_key,
    "RS512 by its header": lambda api: _by_hand(api, {"alg": "RS512", "typ": "JWT"}),
    "PS256": lambda api: jwt.encode(api.claims(), key_pair(APPLICATION)[0], algorithm="PS256"),
    "brings its key": _own_key,
    "good, but with a jwk": lambda api: _by_hand(api, {"alg": "RS256", "jwk": {}}),
    "good, but with a jku": lambda api: _by_hand(api, {"alg": "RS256", "jku": "http://127.0.0.1/"}),
    "good, but with x5c": lambda api: _by_hand(api, {"alg": "RS256", "x5c": []}),
    "good, but with crit": lambda api: _by_hand(api, {"alg": "RS256", "crit": ["exp"]}),
    "good, but detached": lambda api: _by_hand(api, {"alg": "RS256", "b64": False}),
    "key of another application": _foreign_key,
    "payload of another token": _changed_after_signing,
    "changed signature": _changed_signature,
    "no signature": lambda api: api.token().rpartition(".")[0] + ".",
    "unknown application": _claims(application_id="33333333-3333-4333-8333-333333333333"),
    "no application_id": _claims(application_id=None),
    "application_id is a list": _claims(application_id=[APPLICATION]),
    "application_id with NUL": _claims(application_id="\0"),
    "application_id is half a character": lambda api: _by_hand(
        api, {"alg": "RS256"}, application_id="\ud800" * 36
    ),
    "no iat": _claims(iat=None),
    "iat is a word": _claims(iat="now"),
    "iat is no number": lambda api: _by_hand(api, {"alg": "RS256"}, iat=float("nan")),
    "iat is endless": _claims(iat=10**400),
    "exp is endless": _claims(exp=10**400),
    "iat in the future": _at(LEEWAY_S + 1, "iat"),
    "nbf in the future": _at(LEEWAY_S + 1, "nbf"),
    "expired": _at(-LEEWAY_S - 1, "exp"),
    "no exp, a day old": lambda api: api.token(exp=None, iat=api.clock.wall() - MAX_LIFE_S - LEEWAY_S - 1),
    "a day old, whatever its exp": lambda api: api.token(
        exp=api.clock.wall() + 10.0**9, iat=api.clock.wall() - MAX_LIFE_S - LEEWAY_S - 1
    ),
    "sub is a number": _claims(sub=7),
    "sub with NUL": _claims(sub="al\0ice", acl={"paths": {"/**": {}}}),
    "sub is half a character": lambda api: _by_hand(
        api, {"alg": "RS256"}, sub="\ud800", acl={"paths": {"/**": {}}}
    ),
    "acl is a list": _claims(acl=[]),
    "acl without paths": _claims(acl={}),
    "acl of a thousand rules": _claims(acl={"paths": {f"/{each}": {} for each in range(101)}}),
}


@pytest.mark.parametrize("forge", BAD.values(), ids=BAD.keys())
async def test_a_bad_token_is_refused(api: Api, forge: Forge) -> None:
    headers = {"Authorization": f"Bearer {forge(api)}"}
    status, body = await api.send("GET", "/v1/users", headers=headers)
    assert status == 401, body
    assert body["title"] == "Unauthorized."
    assert body["code"] in ("system:error:invalid-token", "system:error:expired-token")


GOOD: dict[str, Forge] = {
    "usual": lambda api: api.token(),
    "made by hand, as some bad ones are": lambda api: _by_hand(api, {"alg": "RS256", "kid": "1"}),
    "no exp": _claims(exp=None),
    "no jti": _claims(jti=None),
    "jti is a float": _claims(jti=0.5),
    "far exp": _at(10.0**9, "exp"),
    "exp as text": lambda api: api.token(exp=str(int(api.clock.wall()) + 900)),
    "float iat and nbf": _at(0.25, "iat", "nbf"),
    "iat a little ahead": _at(LEEWAY_S - 1, "iat", "nbf"),
    "expired a moment ago": _at(-LEEWAY_S + 1, "exp"),
    "no exp, nearly a day old": lambda api: api.token(exp=None, iat=api.clock.wall() - MAX_LIFE_S + 1),
    "claims that mean nothing here": _claims(aud="them", iss="us", more={"a": []}),
    "acl for everything": _claims(acl={"paths": {"/**": {}}}),
}


@pytest.mark.parametrize("forge", GOOD.values(), ids=GOOD.keys())
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_tokens_of_real_generators_are_taken(api: Api, scheme: str, forge: Forge) -> None:
    await api.expect(200, "GET", "/v1/users", headers={"Authorization": f"{scheme} {forge(api)}"})


@pytest.mark.parametrize("scheme", ["Basic", "Digest", ""])
async def test_another_scheme_is_no_token(api: Api, scheme: str) -> None:
    await api.expect(401, "GET", "/v1/users", headers={"Authorization": f"{scheme} {api.token()}".strip()})


async def test_a_401_says_what_it_wants(api: Api) -> None:
    async with api.client.get("/v1/users") as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="cordboard"'
    async with api.client.get("/v2/applications") as response:
        assert response.headers["WWW-Authenticate"] == 'Basic realm="cordboard"'


async def test_a_new_key_replaces_the_old_one(api: Api) -> None:
    old = api.token()
    body = {"name": "rotated", "keys": {"public_key": key_pair("rotated")[1]}}
    status, _ = await api.basic("PUT", f"/v2/applications/{APPLICATION}", body)
    assert status == 200
    await api.expect(401, "GET", "/v1/users", token=old)
    new = jwt.encode(api.claims(), key_pair("rotated")[0], algorithm="RS256")
    await api.expect(200, "GET", "/v1/users", token=new)


@pytest.mark.parametrize(
    ("rules", "method", "path", "status"),
    [
        ({"/*/users/**": {}}, "GET", "/v1/users", 200),
        ({"/*/users/**": {"methods": ["GET"]}}, "GET", "/v1/users", 200),
        ({"/*/users/**": {"methods": ["GET"]}}, "POST", "/v1/users", 403),
        ({"/v1/users": {}}, "GET", "/beta/users", 403),
        ({"/*/conversations/**": {}}, "GET", "/v1/users", 403),
        ({"/*/users/**": {"filters": {"from": "x"}}}, "GET", "/v1/users", 403),
        ({}, "GET", "/v1/users", 403),
        ({"/*/conversations/*": {}}, "GET", "/v1/conversations/..%2fusers", 403),
    ],
)
async def test_access_lists(api: Api, rules: object, method: str, path: str, status: int) -> None:
    body = await api.expect(status, method, path, token=api.token(acl={"paths": rules}))
    assert status != 403 or body["code"] == "system:error:permission"


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ("", {"name": "room"}, 201),
        ("", {"name": "other"}, 403),
        ("", {}, 403),
        ("?name=room", {}, 201),
        ("?name=other", {"name": "room"}, 403),
        ("?name=room&name=other", {"name": "room"}, 400),
    ],
)
async def test_a_filter_looks_at_the_query_and_the_body(
    api: Api, query: str, body: object, status: int
) -> None:
    token = api.token(acl={"paths": {"/*/conversations": {"filters": {"name": "room"}}}})
    await api.expect(status, "POST", f"/v1/conversations{query}", body, token=token)


async def test_a_filter_is_not_met_by_a_body_that_cannot_be_read(api: Api) -> None:
    token = api.token(acl={"paths": {"/**": {"filters": {"name": "room"}}}})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for body in (b'{"name": "room", "name": "room"}', b"{", b"[]", b'"room"'):
        async with api.client.post("/v1/conversations", data=body, headers=headers) as response:
            assert response.status == 403


async def test_a_token_that_was_good_is_not_good_for_ever(api: Api) -> None:
    token = api.token()
    await api.expect(200, "GET", "/v1/users", token=token)
    api.clock.advance(MAX_LIFE_S)
    await api.expect(401, "GET", "/v1/users", token=token)


async def test_a_users_token_without_a_list_may_do_nothing(api: Api) -> None:
    await api.expect(201, "POST", "/v1/users", {"name": "alice"})
    await api.expect(403, "GET", "/v1/conversations/CON-1", token=api.token(sub="alice"))


@pytest.mark.parametrize(
    ("key", "secret"),
    [(API_KEY, "wrong"), (API_KEY, ""), ("nobody", ""), ("", ""), ("nobody", "wrong"), ("ключ", "тайна")],
)
async def test_wrong_account_credentials_are_refused(api: Api, key: str, secret: str) -> None:
    status, body = await api.basic("GET", "/v2/applications", key=key, secret=secret)
    assert (status, body["type"]) == (401, "https://developer.nexmo.com/api-errors#unauthorized")
    status, body = await api.basic("GET", "/account/numbers", key=key, secret=secret)
    assert (status, body["error-code"]) == (401, "401")


@pytest.mark.parametrize(
    "header", ["Basic", "Basic ", "Basic !!!!", "Basic /w==", "Bearer abc", "Basic YQ=="]
)
async def test_what_is_no_basic_header_is_refused(api: Api, header: str) -> None:
    async with api.client.get("/v2/applications", headers={"Authorization": header}) as response:
        assert response.status == 401
