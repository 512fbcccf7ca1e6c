"""Signatures of webhooks, judged by PyJWT and by the published client's own check."""

import hashlib
from collections.abc import Mapping

import jwt
import msgspec
import pytest
from vonage_jwt import verify_signature  # type: ignore[import-untyped]

from gateway.clock import ManualClock
from gateway.errors import Unavailable
from gateway.ids import Ids
from gateway.store.records import AccountRecord, Delivery, SignatureSecret
from gateway.webhooks.failures import NoSecret
from gateway.webhooks.signing import ISSUER, Signatures, nobody_signs, wants_signature
from tests.support import records

pytestmark = pytest.mark.unit

NEWEST, OLDER = "the newest signature secret of this account", "an older signature secret of this account"
WALL = 1_700_000_000.0
BODY = b'{"type":"text"}'


def account(*secrets: str) -> AccountRecord:
    kept = tuple(SignatureSecret(text=text, created=records.CREATED) for text in secrets)
    return AccountRecord(
        api_key="abcd1234", name="Shop", secrets=(), signature_secrets=kept, created=records.CREATED
    )


def signatures(found: AccountRecord | None) -> Signatures:
    async def find(api_key: str) -> AccountRecord | None:
        assert api_key == "abcd1234"
        return found

    return Signatures(find, ManualClock(WALL), Ids())


def signed_delivery() -> Delivery:
    return msgspec.structs.replace(records.delivery("d1"), signed_for="abcd1234")


def token_of(headers: Mapping[str, str]) -> str:
    assert list(headers) == ["Authorization"]
    scheme, token = headers["Authorization"].split()
    assert scheme == "Bearer"
    return token


async def test_the_first_secret_signs_and_the_claims_say_whose_it_is() -> None:
    sign = await signatures(account(NEWEST, OLDER)).signer(signed_delivery())
    token = token_of(sign(BODY))
    claims = jwt.decode(token, NEWEST, algorithms=["HS256"], options={"verify_iat": False})
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    assert claims.pop("jti")
    assert claims == {
        "iat": int(WALL),
        "iss": ISSUER,
        "payload_hash": hashlib.sha256(BODY).hexdigest(),
        "api_key": "abcd1234",
        "application_id": records.APPLICATION,
    }


async def test_the_published_client_knows_a_good_signature_from_a_bad_one() -> None:
    sign = await signatures(account(NEWEST, OLDER)).signer(signed_delivery())
    token = token_of(sign(BODY))
    assert verify_signature(token, NEWEST)
    assert not verify_signature(token, OLDER)
    head, body, signed = token.split(".")
    forged = ("B" if signed[0] == "A" else "A") + signed[1:]
    assert not verify_signature(f"{head}.{body}.{forged}", NEWEST)


async def test_get_is_signed_with_the_hash_of_nothing() -> None:
    sign = await signatures(account(NEWEST)).signer(signed_delivery())
    claims = jwt.decode(token_of(sign(b"")), options={"verify_signature": False})
    assert claims["payload_hash"] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


async def test_every_attempt_has_an_id_of_its_own() -> None:
    made = signatures(account(NEWEST))
    tokens = [token_of((await made.signer(signed_delivery()))(BODY)) for _ in range(3)]
    ids = {jwt.decode(token, options={"verify_signature": False})["jti"] for token in tokens}
    assert len(ids) == 3


@pytest.mark.parametrize("found", [None, account()])
async def test_what_cannot_be_signed_is_not_sent(found: AccountRecord | None) -> None:
    with pytest.raises(NoSecret) as raised:
        await signatures(found).signer(signed_delivery())
    assert raised.value.retryable


async def test_a_store_that_cannot_be_read_does_not_send_either() -> None:
    async def find(_: str) -> AccountRecord | None:
        raise Unavailable("The store cannot be read.")

    with pytest.raises(NoSecret):
        await Signatures(find, ManualClock(), Ids()).signer(signed_delivery())


async def test_nothing_is_signed_that_is_not_to_be() -> None:
    plain = records.delivery("d1")
    assert (await signatures(None).signer(plain))(BODY) == {}
    assert (await nobody_signs(plain))(BODY) == {}


@pytest.mark.parametrize(
    ("capabilities", "voice", "rtc"),
    [
        ({}, False, False),
        ({"voice": None}, False, False),
        ({"voice": {"signed_callbacks": True}}, True, False),
        ({"voice": {"signed_callbacks": False}, "rtc": {"signed_callbacks": True}}, False, True),
    ],
)
def test_each_capability_says_for_itself(capabilities: dict[str, object], voice: bool, rtc: bool) -> None:
    application = msgspec.structs.replace(records.application(), capabilities=capabilities)
    assert wants_signature(application, "voice") is voice
    assert wants_signature(application, "rtc") is rtc


async def test_what_has_no_body_is_vouched_for_alike() -> None:
    application = records.application(account="abcd1234")
    token = token_of(await signatures(account(NEWEST)).vouch(application))
    assert verify_signature(token, NEWEST)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["application_id"] == application.id
    assert claims["payload_hash"] == hashlib.sha256(b"").hexdigest()


async def test_without_a_secret_nobody_vouches() -> None:
    with pytest.raises(NoSecret):
        await signatures(account()).vouch(records.application(account="abcd1234"))
