"""The HTTP interface over loopback: a real store and switchboard, calls that only take notes."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import jwt
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from yarl import URL

from gateway.api.app import make_app
from gateway.api.credentials import Credentials
from gateway.api.keys import make_key_pair
from gateway.api.services import Services
from gateway.clock import ManualClock, iso
from gateway.config import LimitSettings, NumberPool, Settings, TrunkSettings
from gateway.files.door import Files
from gateway.files.media import MediaLibrary
from gateway.hashing import hash_secret
from gateway.ids import Ids
from gateway.limits import RateLimit
from gateway.ncco.schema import Ncco
from gateway.ports import Admission, Audience, NewCall, NewRecording, Sound, Speech
from gateway.redaction.calls import Redaction
from gateway.reports.service import Reports
from gateway.resources.accounts import AccountResource
from gateway.resources.applications import ApplicationResource
from gateway.resources.conversations import ConversationResource
from gateway.resources.events import EventResource
from gateway.resources.live_audio import LiveAudio
from gateway.resources.members import MemberResource
from gateway.resources.sip_bans import SipBanResource
from gateway.resources.sip_domains import SipDomainResource
from gateway.resources.trunks import TrunkResource
from gateway.resources.users import UserResource
from gateway.resources.workers import WorkerResource
from gateway.routing.domains import SipDirectory
from gateway.routing.numbers import configured_numbers
from gateway.routing.trunk_health import TrunkHealth
from gateway.routing.trunk_report import ServerReport
from gateway.routing.trunks import Trunks
from gateway.sight.ladders import Ladders
from gateway.store.records import (
    AccountRecord,
    ApiSecret,
    ApplicationRecord,
    Batch,
    Delivery,
    EventRecord,
    LegRecord,
    SipContact,
    Webhook,
)
from gateway.store.sqlite import SqliteStore
from gateway.switchboard import Switchboard
from gateway.workers.report import Report
from signalling.io.gate import BannedSource
from tests.support import records

API_KEY, API_SECRET = "abcd1234", "not a secret: only this test knows it"
OTHER_KEY, OTHER_SECRET = "efgh5678", "another one of these"
APPLICATION = "11111111-1111-4111-8111-111111111111"
NEIGHBOUR = "22222222-2222-4222-8222-222222222222"
"""An application of the other account."""
PUBLIC_URL = "https://api.example.test"


HASH_COST = 2
"""Of secrets, where tests are not about how hard they are to guess."""


@cache
def account(api_key: str, secret: str) -> AccountRecord:
    """An account with one secret; the first one stands in the operator's configuration."""
    hashed = hash_secret(secret, HASH_COST)
    kept = ApiSecret(
        id=f"secret-of-{api_key}",
        salt=hashed.salt,
        digest=hashed.digest,
        cost=hashed.cost,
        created=records.CREATED,
        configured=api_key == API_KEY,
    )
    return AccountRecord(api_key=api_key, name=api_key, secrets=(kept,), created=records.CREATED)


@cache
def key_pair(owner: str) -> tuple[str, str]:
    """The private and the public key of an application: made once, they take a while."""
    assert owner
    return make_key_pair()


@cache
def signing_key(owner: str) -> RSAPrivateKey:
    """The private key, parsed: that takes longer than to sign with it."""
    key = load_pem_private_key(key_pair(owner)[0].encode(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


class NotedCalls:
    """Calls that are only written down."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.created: list[NewCall] = []
        self.done: list[tuple[object, ...]] = []

    async def create(self, application: ApplicationRecord, new: NewCall) -> LegRecord:
        self.created.append(new)
        leg = records.leg(f"leg-{len(self.created)}", application_id=application.id)
        await self._store.commit(Batch(legs=[leg]))
        return leg

    async def hang_up(self, application_id: str, leg_id: str) -> None:
        self.done.append(("hang_up", application_id, leg_id))

    def tune(self, conversation_id: str) -> None:
        """Nobody lives, nobody speaks."""

    async def clear(self, conversation_id: str, member_id: str | None = None) -> None:
        self.done.append(("clear", conversation_id, member_id))

    async def drop(self, application_id: str) -> None:
        self.done.append(("drop", application_id))

    async def admit(self, application_id: str, knocking_id: str, admission: Admission) -> str:
        self.done.append(("admit", application_id, knocking_id, admission))
        return "MEM-admitted"

    async def remove(self, application_id: str, leg_id: str) -> None:
        self.done.append(("remove", application_id, leg_id))

    async def set_audio(
        self, application_id: str, leg_id: str, *, muted: bool | None = None, earmuffed: bool | None = None
    ) -> None:
        self.done.append(("set_audio", leg_id, muted, earmuffed))

    async def transfer(
        self,
        application: ApplicationRecord,
        leg_id: str,
        *,
        ncco: Ncco | None = None,
        answer: Webhook | None = None,
    ) -> None:
        self.done.append(("transfer", leg_id, ncco, answer))

    async def follow_digits(self, application_id: str, leg_id: str, webhook: Webhook | None) -> None:
        self.done.append(("follow_digits", application_id, leg_id, webhook))


class NotedStudio:
    """A studio that is silent and takes notes: each with what was wanted, in order."""

    def __init__(self) -> None:
        self.done: list[tuple[object, ...]] = []

    async def say(
        self, application_id: str, audience: Audience, speech: Speech, by: str | None = None
    ) -> EventRecord:
        return self._note("audio:say", "say_id", application_id, audience, speech, by)

    async def play(
        self, application_id: str, audience: Audience, sound: Sound, by: str | None = None
    ) -> EventRecord:
        return self._note("audio:play", "play_id", application_id, audience, sound, by)

    async def hush(
        self,
        application_id: str,
        audience: Audience,
        what: Literal["say", "play"],
        sound_id: str | None = None,
    ) -> None:
        self.done.append(("hush", application_id, audience, what, sound_id))

    async def dial_digits(
        self, application_id: str, leg_id: str, digits: str, by: str | None = None
    ) -> EventRecord:
        return self._note("audio:dtmf", "dtmf_id", application_id, leg_id, digits, by)

    async def record(
        self, application_id: str, audience: Audience, new: NewRecording, by: str | None = None
    ) -> EventRecord:
        return self._note("audio:record", "recording_id", application_id, audience, new, by)

    async def stop_recording(
        self, application_id: str, audience: Audience, recording_id: str | None = None
    ) -> None:
        self.done.append(("stop_recording", application_id, audience, recording_id))

    def _note(self, kind: str, name: str, *what: object) -> EventRecord:
        self.done.append((kind, *what))
        number = len(self.done)
        return EventRecord(
            conversation_id="CON-noted",
            application_id=str(what[0]),
            position=number,
            id=number,
            type=kind,
            timestamp="2026-01-01T00:00:00.000Z",
            body={name: f"sound-{number}"},
        )


class NotedContacts:
    """Registrations that a test writes down."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], tuple[SipContact, ...]] = {}

    def contacts_of(self, domain: str, user: str) -> tuple[SipContact, ...]:
        """What was written down."""
        return self.known.get((domain, user), ())

    def forget(self, domain: str, user: str | None = None) -> None:
        """Strike it out."""
        self.known = {
            key: contacts
            for key, contacts in self.known.items()
            if key[0] != domain or user not in (None, key[1])
        }


class NoDeliveries:
    """An outbox that nothing leaves."""

    def submit(self, deliveries: Iterable[Delivery]) -> None:
        """Forget them."""

    def mention(self, deliveries: Iterable[Delivery]) -> None:
        """Forget them."""

    def revise(self, deliveries: Iterable[Delivery]) -> None:
        """Nothing is held."""


TRUNK = TrunkSettings(name="configured", host="192.0.2.1", prefixes=("44",), username="me", password="hush")


class NotedKeeper:
    """Keeps no trunk up."""

    async def take_up(self, trunk: TrunkSettings) -> None:
        """Leave it."""

    async def put_down(self, name: str) -> None:
        """Leave it."""

    def registration(self, trunk: TrunkSettings) -> str:
        """As if the registrar had not answered yet."""
        return "registering" if trunk.register else ""

    def last_answer(self, name: str) -> int:
        """Nothing was heard."""
        return 0

    def live(self, name: str) -> int:
        """Nobody calls."""
        return 0


class NotedEnquiries:
    """Servers that answer, but for those whose names begin with `dead`."""

    async def ask(self, trunk: TrunkSettings) -> list[ServerReport]:
        """What they say."""
        return [
            ServerReport(
                host=target.host,
                port=target.port,
                transport=target.transport,
                address="192.0.2.1:5060",
                **({"reason": "nothing was heard"} if target.host.startswith("dead") else ANSWERED),
            )
            for target in trunk.all_targets()
        ]


ANSWERED: dict[str, Any] = {"status": 200, "reason": "OK", "time_ms": 12.5}


class NotedWorkers:
    """One media worker serves, and the place of another is vacant."""

    def reports(self) -> list[Report]:
        """Both."""
        return [Report(4711, 2, 0.125, 0.25, 0, ""), Report(None, 0, 0.0, 0.0, 4, "they die")]


class NotedBans:
    """One source is banned, until it is let in again."""

    def __init__(self) -> None:
        self.held = [BannedSource("192.0.2.66", 299.6, "too many messages")]

    def bans(self) -> list[BannedSource]:
        """What is held."""
        return self.held

    def lift(self, host: str) -> bool:
        """Let it in."""
        before, self.held = self.held, [ban for ban in self.held if ban.source != host]
        return len(before) > len(self.held)


@dataclass
class Api:
    """The interface, served; entered and left as an async context."""

    directory: Path
    clock: ManualClock = field(default_factory=ManualClock)

    async def __aenter__(self) -> Self:
        self.store = await SqliteStore.open(self.directory / "store.db", synchronous="NORMAL")
        await self.store.create_account(account(API_KEY, API_SECRET))
        await self.store.create_account(account(OTHER_KEY, OTHER_SECRET))
        await self.store.save_application(self._application(APPLICATION, API_KEY))
        await self.store.save_application(self._application(NEIGHBOUR, OTHER_KEY))
        self.calls = NotedCalls(self.store)
        pool = NumberPool(country="GB", first="447700900000", last="447700900149")
        await self.store.configure_pool(configured_numbers((pool,)))
        self.domains = SipDirectory()
        self.contacts = NotedContacts()
        self.bans = NotedBans()
        self.studio = NotedStudio()
        ids = Ids()
        self.files = Files(self.directory)
        self.files.prepare()
        outbox = NoDeliveries()
        self.ladders = Ladders(self.store)
        self.reports = Reports(self.store, self.files, outbox, self.clock, ids, PUBLIC_URL)
        switchboard = Switchboard(self.store, outbox, self.clock, ids)
        self.switchboard = switchboard
        members = MemberResource(self.store, switchboard, self.calls, ids)
        self.services = Services(
            store=self.store,
            conversations=ConversationResource(self.store, switchboard, self.calls),
            members=members,
            users=UserResource(self.store, members, self.clock, ids),
            events=EventResource(self.store, switchboard, LiveAudio(switchboard, self.studio, self.calls)),
            calls=self.calls,
            studio=self.studio,
            applications=ApplicationResource(self.store, self.calls),
            sip_domains=SipDomainResource(self.store, self.domains, self.contacts),
            sip_bans=SipBanResource(self.bans),
            workers=WorkerResource(NotedWorkers()),
            trunks=TrunkResource(
                self.store, Trunks((TRUNK,)), TrunkHealth(), NotedKeeper(), NotedEnquiries()
            ),
            accounts=AccountResource(self.store, self.clock, ids, cost=HASH_COST),
            credentials=Credentials(self.store, cost=HASH_COST),
            operator=API_KEY,
            files=self.files,
            media=MediaLibrary(self.store, self.files, self.clock, ids),
            redaction=Redaction(self.store, switchboard, self.files, outbox, self.reports, self.ladders),
            reports=self.reports,
            ladders=self.ladders,
            settings=Settings(data_directory=str(self.directory)),
            call_limit=RateLimit(LimitSettings().calls_per_second),
            voice_limit=RateLimit(LimitSettings().voice_requests_per_second),
            public_url=PUBLIC_URL,
            clock=self.clock,
            ids=ids,
        )
        server = TestServer(make_app(self.services))
        await server.start_server(auto_decompress=False)
        self.client = TestClient(server)
        await self.client.start_server()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.close()
        await self.reports.close()
        await self.store.close()

    def _application(self, id_: str, account: str) -> ApplicationRecord:
        return ApplicationRecord(
            id=id_,
            account=account,
            name=account,
            public_key=key_pair(id_)[1],
            created=iso(self.clock.wall()),
        )

    def claims(self, application: str = APPLICATION, /, **claims: object) -> dict[str, object]:
        """The usual claims; None leaves one out."""
        now = self.clock.wall()
        usual = {"application_id": application, "iat": int(now), "exp": int(now) + 900, "jti": "a-b-c"}
        return {name: value for name, value in {**usual, **claims}.items() if value is not None}

    def token(self, application: str = APPLICATION, /, **claims: object) -> str:
        """A good token of an application."""
        return jwt.encode(self.claims(application, **claims), signing_key(application), algorithm="RS256")

    async def send(
        self,
        method: str,
        path: str | URL,
        body: object = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Status and JSON body of a request with an application's token."""
        sent = {"Authorization": f"Bearer {token or self.token()}", **(headers or {})}
        json = {} if body is None else {"json": body}
        async with self.client.request(method, path, headers=sent, **json) as response:  # type: ignore[arg-type]
            return response.status, await json_of(response)

    async def expect(self, status: int, method: str, path: str | URL, body: object = None, **how: Any) -> Any:  # noqa: ANN401
        """The body of an answer that must have this status."""
        answer = await self.send(method, path, body, **how)
        assert answer[0] == status, answer
        return answer[1]

    async def basic(
        self, method: str, path: str, body: object = None, *, key: str = API_KEY, secret: str = API_SECRET
    ) -> tuple[int, Any]:
        """Status and JSON body of a request with an account's Basic credentials."""
        json = {} if body is None else {"json": body}
        headers = {"Authorization": self.basic_header(key, secret)}
        async with self.client.request(method, path, headers=headers, **json) as response:  # type: ignore[arg-type]
            return response.status, await json_of(response)

    def basic_header(self, key: str, secret: str) -> str:
        """The Authorization header of an account."""
        return "basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()

    async def ask(self, method: str, path: str, **how: Any) -> tuple[int, Any]:  # noqa: ANN401
        """Status and JSON body of a request that is just as it is said."""
        async with self.client.request(method, path, **how) as response:
            return response.status, await json_of(response)


async def json_of(response: ClientResponse) -> Any:  # noqa: ANN401
    """The JSON of an answer; None for an empty one, and for a stream, which would never end."""
    if response.content_type == "text/event-stream":
        return None
    return await response.json(content_type=None) if await response.read() else None


def path_of(href: str) -> str:
    """The path and query of one of our links."""
    return href.removeprefix(PUBLIC_URL)
