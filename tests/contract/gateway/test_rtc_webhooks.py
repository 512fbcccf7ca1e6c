"""Events of conversations, from the command to a customer's real server: in order, at least once, signed."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import jwt
import msgspec
import pytest
from aiohttp import web
from yarl import URL

from gateway.calls.scripting import ncco_trouble
from gateway.clock import Clock, ManualClock, SystemClock
from gateway.conversation.commands import AddMember, Note
from gateway.conversation.event_states import emptied
from gateway.ids import Ids
from gateway.ports import NewConversation
from gateway.store.records import AccountRecord, ApplicationRecord, Callback, Json, SignatureSecret
from gateway.store.sqlite import SqliteStore
from gateway.switchboard import Switchboard
from gateway.webhooks.egress import Egress
from gateway.webhooks.outbox import DELIVERY_HEADER, Outbox
from gateway.webhooks.signing import Signatures
from tests.support import records
from tests.support.rude_server import RudeServer, http, says
from tests.support.waiting import until
from tests.support.webhook_app import Hook, WebhookApp

pytestmark = pytest.mark.contract

SECRET = "the signature secret of this account, long enough"


class Gateway:
    """From the switchboard to the door. Nobody waits between attempts, unless `patient`."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.application = records.application()
        self.egress = Egress(("127.0.0.0/8",))
        self.patient = False
        self.start_anew(SystemClock())

    def start_anew(
        self,
        clock: Clock,
        newest_order: int = 0,
        sleep: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        """Begin with empty memory, as after a restart."""
        ids = Ids()
        signer = Signatures(self.store.account, clock, ids).signer
        self.outbox = Outbox(
            self.store, self.egress, clock, trouble=ncco_trouble, signer=signer, sleep=sleep or self._wait
        )
        self.switchboard = Switchboard(self.store, self.outbox, clock, ids, newest_order)

    async def follow(self, url: str, **more: object) -> None:
        """Have the application's rtc events sent there."""
        rtc = {"webhooks": {"event_url": {"address": url}}, **more}
        await self._save(msgspec.structs.replace(self.application, capabilities={"rtc": rtc}))

    async def room(self, callback: Callback | None = None) -> str:
        """A new conversation."""
        return (await self.switchboard.open(self.application, NewConversation(callback=callback))).id

    async def post(self, conversation_id: str, kind: str, **body: object) -> None:
        """An event in a conversation."""
        await self.switchboard.do(self.application, conversation_id, Note(type=kind, body=body))

    async def close(self) -> None:
        await self.outbox.close()
        await self.egress.close()

    async def _save(self, application: ApplicationRecord) -> None:
        self.application = application
        await self.store.save_application(application)

    async def _wait(self, _seconds: float) -> None:
        if self.patient:
            await asyncio.Event().wait()


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    store = await SqliteStore.open(tmp_path / "store.db", synchronous="NORMAL")
    secrets = (SignatureSecret(text=SECRET, created=records.CREATED),)
    account = AccountRecord(
        api_key="acc-1", name="Shop", secrets=(), signature_secrets=secrets, created=records.CREATED
    )
    await store.create_account(account)
    made = Gateway(store)
    await made.outbox.start()
    yield made
    await made.close()
    await store.close()


def numbers(hooks: list[Hook], conversation_id: str) -> list[int]:
    return [
        hook.fields["body"]["n"]
        for hook in hooks
        if hook.fields["conversation_id"] == conversation_id and "n" in hook.fields["body"]
    ]


async def test_a_server_that_stumbles_hears_every_event_in_order(
    gateway: Gateway, webhooks: WebhookApp
) -> None:
    heard: list[Hook] = []

    def stumble(hook: Hook) -> object:
        # Every first attempt fails: at most one retry is needed for each.
        if all(known.headers[DELIVERY_HEADER] != hook.headers[DELIVERY_HEADER] for known in webhooks.hooks):
            return web.Response(status=503)
        heard.append(hook)
        return {}

    webhooks.on("/rtc", stumble)
    await gateway.follow(f"{webhooks.url}/rtc")
    rooms = [await gateway.room() for _ in range(3)]
    for number in range(10):
        for room in rooms:
            await gateway.post(room, "custom:count", n=number)
    await until(lambda: len(heard) == 33, "everything is heard")
    for room in rooms:
        assert numbers(heard, room) == list(range(10))
        of_room = [hook.fields for hook in heard if hook.fields["conversation_id"] == room]
        assert [fields["type"] for fields in of_room[:2]] == ["conversation:created", "custom:count"]
        assert [fields.get("id") for fields in of_room] == [None, *range(1, 11)]
    tries = [hook.headers[DELIVERY_HEADER] for hook in webhooks.hooks]
    assert len(tries) == 2 * len(set(tries)) == 66


async def test_a_restart_goes_on_where_it_was(gateway: Gateway, webhooks: WebhookApp) -> None:
    heard: list[Hook] = []
    down = False

    def answer(hook: Hook) -> object:
        if down:
            return web.Response(status=503)
        heard.append(hook)
        return {}

    webhooks.on("/rtc", answer)
    await gateway.follow(f"{webhooks.url}/rtc")
    room = await gateway.room()
    for number in range(3):
        await gateway.post(room, "custom:count", n=number)
    await until(lambda: len(heard) == 4, "the first are heard")
    down = gateway.patient = True
    for number in range(3, 8):
        await gateway.post(room, "custom:count", n=number)
    await until(lambda: len(webhooks.hooks) == 5, "one is refused")
    await gateway.outbox.close()
    down = gateway.patient = False
    gateway.start_anew(SystemClock())
    await gateway.outbox.start()
    await gateway.post(room, "custom:count", n=8)
    await until(lambda: len(heard) >= 10, "the rest is heard")
    assert list(dict.fromkeys(numbers(heard, room))) == list(range(9))
    first_try = webhooks.hooks[4]
    again = next(hook for hook in heard if hook.fields == first_try.fields)
    assert again.headers[DELIVERY_HEADER] == first_try.headers[DELIVERY_HEADER]


@pytest.mark.parametrize("restarts", [False, True])
async def test_what_was_deleted_before_it_was_heard_is_not_told(
    gateway: Gateway, webhooks: WebhookApp, restarts: bool
) -> None:
    down, may_retry = True, asyncio.Event()

    async def wait(_seconds: float) -> None:
        await may_retry.wait()

    webhooks.on("/rtc", lambda _: web.Response(status=503) if down else {})
    webhooks.on("/callback", lambda _: web.Response(status=503) if down else {})
    await gateway.outbox.close()
    gateway.start_anew(SystemClock(), sleep=wait)
    await gateway.outbox.start()
    await gateway.follow(f"{webhooks.url}/rtc")
    room = await gateway.room(Callback(url=f"{webhooks.url}/callback", params={"k": "v"}))
    other = await gateway.room()
    for each in (room, other):
        await gateway.post(each, "text", text=f"a secret of {each}")
    await until(lambda: len(webhooks.hooks) == 3, "the first of each stream are refused")
    note = Note(type="event:delete", body={"event_id": 1})
    await gateway.switchboard.rewrite(gateway.application, room, 1, emptied, note)
    if restarts:
        await gateway.outbox.close()
        gateway.start_anew(SystemClock(), await gateway.store.newest_order())
        await gateway.outbox.start()
    down = False
    may_retry.set()
    for path in ("/rtc", "/callback"):
        text = await webhooks.wait(path, type="text", conversation_id=room)
        assert text.fields["body"]["text"] == ""
        assert "deleted" in text.fields["body"]["timestamp"]
        await webhooks.wait(path, type="event:delete", conversation_id=room)
    assert text.fields["params"] == {"k": "v"}
    assert (await webhooks.wait("/rtc", type="text", conversation_id=other)).fields["body"]["text"]


async def test_a_clock_that_was_set_back_does_not_turn_the_order_round(
    gateway: Gateway, webhooks: WebhookApp
) -> None:
    gateway.patient = True
    webhooks.on("/rtc", lambda _: web.Response(status=503))
    await gateway.follow(f"{webhooks.url}/rtc")
    room = await gateway.room()
    await gateway.post(room, "custom:count", n=0)
    await until(lambda: webhooks.hooks, "the first is refused")
    await gateway.outbox.close()
    webhooks.on("/rtc", lambda _: {})
    refused = len(webhooks.hooks)
    gateway.patient = False
    gateway.start_anew(ManualClock(wall=1.0), await gateway.store.newest_order())
    await gateway.post(room, "custom:count", n=1)
    await gateway.outbox.start()
    await until(lambda: len(webhooks.hooks) == refused + 3, "all are heard")
    assert [hook.fields.get("id") for hook in webhooks.hooks[refused:]] == [None, 1, 2]


async def test_a_dead_callback_holds_up_neither_the_rtc_url_nor_other_conversations(
    gateway: Gateway, webhooks: WebhookApp
) -> None:
    gateway.patient = True
    async with RudeServer(says(http(503))) as dead:
        await gateway.follow(f"{webhooks.url}/rtc")
        first = await gateway.room(Callback(url=dead.url))
        second = await gateway.room(Callback(url=f"{webhooks.url}/callback"))
        for room in (first, second):
            await gateway.post(room, "text", n=1)
        for path, room in (("/rtc", first), ("/rtc", second), ("/callback", second)):
            await webhooks.wait(path, type="text", conversation_id=room)
        assert len(dead.requests) == 1


async def test_a_callback_hears_what_its_mask_lets_through_by_the_method_that_it_wants(
    gateway: Gateway, webhooks: WebhookApp
) -> None:
    callback = Callback(
        url=f"{webhooks.url}/callback?key=k", method="GET", event_mask="custom:*, member:joined"
    )
    room = await gateway.room(callback)
    member = records.member("MEM-1", room)
    await gateway.switchboard.do(gateway.application, room, AddMember(member=member))
    await gateway.post(room, "text", text="psst")
    await gateway.switchboard.do(
        gateway.application, room, Note(type="custom:last", from_="MEM-1", body={"a": [1]})
    )
    last = await webhooks.wait("/callback", type="custom:last")
    assert [hook.fields["type"] for hook in webhooks.hooks] == ["member:joined", "custom:last"]
    assert last.method == "GET"
    assert last.fields == {
        "key": "k",
        "type": "custom:last",
        "conversation_id": room,
        "application_id": records.APPLICATION,
        "from": "MEM-1",
        "id": "3",
        "timestamp": last.fields["timestamp"],
        "body": '{"a":[1]}',
        "_embedded": last.fields["_embedded"],
    }
    assert json.loads(last.fields["_embedded"])["from_member"] == {"id": "MEM-1"}


async def test_what_is_kept_nowhere_is_mentioned(gateway: Gateway, webhooks: WebhookApp) -> None:
    await gateway.follow(f"{webhooks.url}/rtc")
    room = await gateway.room()
    await gateway.switchboard.tell(gateway.application, room, Note(type="ephemeral", body={"x": 1}))
    told = await webhooks.wait("/rtc", type="ephemeral")
    assert told.fields["body"] == {"x": 1}
    assert "id" not in told.fields


async def test_a_signed_post_vouches_for_its_octets(gateway: Gateway) -> None:
    async with RudeServer(says(http(200))) as server:
        await gateway.follow(server.url, signed_callbacks=True)
        room = await gateway.room()
        await gateway.post(room, "text", text="héllo")
        await until(lambda: len(server.requests) == 2, "both are heard")
    for request in server.requests:
        headers, body = parsed(request)
        claims = verified(headers)
        assert claims["payload_hash"] == hashlib.sha256(body).hexdigest()
        assert (claims["api_key"], claims["application_id"]) == ("acc-1", records.APPLICATION)
        assert (claims["iss"], json.loads(body)["conversation_id"]) == ("Vonage", room)
    assert len({verified(parsed(request)[0])["jti"] for request in server.requests}) == 2


async def test_a_signed_get_vouches_for_no_octets(gateway: Gateway) -> None:
    async with RudeServer(says(http(200))) as server:
        await gateway.follow("http://127.0.0.1:9/", signed_callbacks=True)
        gateway.patient = True
        await gateway.room(Callback(url=server.url, method="GET"))
        await until(lambda: server.requests, "it is heard")
    headers, body = parsed(server.requests[0])
    assert body == b""
    assert verified(headers)["payload_hash"] == hashlib.sha256(b"").hexdigest()
    query = URL(server.requests[0].split()[1].decode()).query
    assert query["type"] == "conversation:created"


async def test_what_is_not_to_be_signed_carries_no_authorization(gateway: Gateway) -> None:
    async with RudeServer(says(http(200))) as server:
        await gateway.follow(server.url)
        await gateway.room()
        await until(lambda: server.requests, "it is heard")
    assert "authorization" not in parsed(server.requests[0])[0]


def parsed(request: bytes) -> tuple[dict[str, str], bytes]:
    """Headers, by names in lower case, and the body."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    return {name.lower(): value for name, _, value in lines}, body


def verified(headers: dict[str, str]) -> Json:
    """The claims of a good signature."""
    scheme, _, token = headers["authorization"].partition(" ")
    assert scheme == "Bearer"
    claims: Json = jwt.decode(token, SECRET, algorithms=["HS256"])
    return claims
