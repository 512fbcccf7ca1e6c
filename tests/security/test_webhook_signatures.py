"""Signed webhooks of a running gateway while its signature secret is changed, as a receiver checks them."""

import hashlib
import time

import jwt
import pytest

from gateway.clock import iso
from tests.conftest import StartGateway
from tests.support.gateway import API_KEY, SIGNATURE_SECRET, RunningGateway
from tests.support.rest import App
from tests.support.rude_server import RudeServer, http, says
from tests.support.waiting import until

pytestmark = pytest.mark.security

NOWHERE = {"type": "websocket", "uri": "ws://127.0.0.1:9/", "content-type": "audio/l16;rate=16000"}
ROTATE = f"/cordboard/accounts/{API_KEY}/signature-secrets"
HOUR_S = 3600


class Shop:
    """A gateway, and an application that has its webhooks signed."""

    def __init__(self, gateway: RunningGateway, events: RudeServer, app: App) -> None:
        self.gateway, self.events, self.app = gateway, events, app

    @classmethod
    async def open(cls, gateway: RunningGateway, events: RudeServer) -> "Shop":
        app = await gateway.rest.create_application(events.url, events.url)
        path = f"/v2/applications/{app.id}"
        kept = await gateway.rest.expect(200, "GET", path)
        kept["capabilities"]["voice"]["signed_callbacks"] = True
        body = {"name": kept["name"], "capabilities": kept["capabilities"]}
        await gateway.rest.expect(200, "PUT", path, body=body)
        return cls(gateway, events, app)

    async def told(self) -> list[bytes]:
        """The webhooks of a call that fails."""
        heard = len(self.events.requests)
        body = {"to": [NOWHERE], "from": {"type": "phone", "number": "447700900000"}, "ncco": []}
        await self.gateway.rest.expect(201, "POST", "/v1/calls", app=self.app, body=body)
        await until(lambda: any(b'"completed"' in each for each in self.events.requests[heard:]), "its end")
        return self.events.requests[heard:]

    async def rotate(self, signs_in: int) -> tuple[str, str]:
        """A new secret, and from when it signs."""
        made = await self.gateway.rest.expect(201, "POST", ROTATE, body={"signs_in": signs_in})
        return made["signature_secret"], made["signs_from"]

    def claims(self, request: bytes, secret: str) -> dict[str, object]:
        """What a receiver who knows this secret is told. Raises jwt.InvalidTokenError."""
        head, _, body = request.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        token = fields["Authorization"].removeprefix("Bearer ")
        claims: dict[str, object] = jwt.decode(token, secret, algorithms=["HS256"])
        if claims["payload_hash"] != hashlib.sha256(body).hexdigest():
            raise jwt.InvalidTokenError("another body")
        return claims

    def check(self, requests: list[bytes], known: str, unknown: str) -> None:
        """Every one is signed with the secret that is known, and with no other."""
        for request in requests:
            claims = self.claims(request, known)
            assert (claims["api_key"], claims["application_id"]) == (API_KEY, self.app.id)
            with pytest.raises(jwt.InvalidSignatureError):
                self.claims(request, unknown)
        assert len({self.claims(request, known)["jti"] for request in requests}) == len(requests)


async def test_a_receiver_learns_a_secret_before_it_signs(start_gateway: StartGateway) -> None:
    async with RudeServer(says(http(200, b"{}"))) as events:
        shop = await Shop.open(await start_gateway(), events)
        forgotten, _ = await shop.rotate(HOUR_S)
        told = await shop.told()
        shop.check(told, SIGNATURE_SECRET, forgotten)
        learned, signs_from = await shop.rotate(1)
        await until(lambda: iso(time.time()) > signs_from, "its time")
        shop.check(await shop.told(), learned, SIGNATURE_SECRET)
        for mutated in one_bit_flipped(told[0]):
            with pytest.raises(jwt.InvalidTokenError):
                shop.claims(mutated, SIGNATURE_SECRET)


def one_bit_flipped(request: bytes) -> list[bytes]:
    """The request with another body, in every way that differs by the last bit of one octet."""
    body = range(request.index(b"\r\n\r\n") + 4, len(request))
    return [request[:place] + bytes([request[place] ^ 1]) + request[place + 1 :] for place in body]


async def test_a_secret_that_leaked_signs_no_more(start_gateway: StartGateway) -> None:
    async with RudeServer(says(http(200, b"{}"))) as events:
        shop = await Shop.open(await start_gateway(), events)
        shop.check(await shop.told(), SIGNATURE_SECRET, "another secret, which is not this account's")
        new, _ = await shop.rotate(0)
        shop.check(await shop.told(), new, SIGNATURE_SECRET)
        await shop.gateway.kill()
        await shop.gateway.restart()
        shop.check(await shop.told(), new, SIGNATURE_SECRET)
        words = shop.gateway.words()
        assert not [secret for secret in (new, SIGNATURE_SECRET) if secret in words]
