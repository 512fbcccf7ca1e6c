"""The composition root: the only place that puts concrete parts together.

Start order is dependency order: store, outbox, media processes, SIP, recovery of the last run, HTTP. The end
is the same backwards, so that whatever still happens is written down.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import NamedTuple

import msgspec

from gateway.api.app import make_app
from gateway.api.credentials import Credentials
from gateway.api.services import Services
from gateway.calls.ears import Ears
from gateway.calls.equipment import Equipment
from gateway.calls.going_on import remembered
from gateway.calls.listening import Listenings
from gateway.calls.prompts import Prompts
from gateway.calls.recordings import Recordings
from gateway.calls.recovery import Recovery
from gateway.calls.scripting import ncco_trouble
from gateway.calls.service import CallService
from gateway.calls.studio import LiveStudio
from gateway.calls.transcripts import Transcripts
from gateway.chores import chores
from gateway.clock import Clock, SystemClock
from gateway.config import Settings
from gateway.config.account import data_directory
from gateway.files.door import Files
from gateway.files.media import MediaLibrary
from gateway.ids import Ids
from gateway.legs.app import AppLine
from gateway.legs.line import Line
from gateway.legs.phones import Phones
from gateway.legs.registrations import Registrations
from gateway.legs.sip import SipLine
from gateway.legs.sip_doors import SipAccounts, SipDoors
from gateway.legs.sip_media import SipMedia, own_address
from gateway.legs.sip_security import keys_event, security_event
from gateway.legs.sip_sight import SipSight
from gateway.legs.sip_transports import sip_shell
from gateway.legs.trunk_enquiries import TrunkEnquiries
from gateway.legs.trunk_keeper import TrunkKeeper
from gateway.legs.trunk_ways import TrunkWays
from gateway.legs.user import UserLine
from gateway.legs.ways import Ways
from gateway.legs.websocket import WebsocketLine
from gateway.limits import RateLimit
from gateway.listeners import Listeners
from gateway.media_plane import MediaPlane
from gateway.payments.processor import HttpProcessor
from gateway.payments.till import Till
from gateway.private import private_directory
from gateway.redaction.calls import Redaction
from gateway.reports.service import Reports
from gateway.resources.accounts import AccountResource
from gateway.resources.applications import ApplicationResource
from gateway.resources.conversations import ConversationResource
from gateway.resources.events import EventResource
from gateway.resources.live_audio import LiveAudio
from gateway.resources.members import MemberResource
from gateway.resources.sip_bans import SipBanResource
from gateway.resources.sip_domains import SipDomainResource, load
from gateway.resources.trunks import TrunkResource
from gateway.resources.users import UserResource
from gateway.resources.workers import WorkerResource
from gateway.routing.domains import SipDirectory
from gateway.routing.numbers import configured_numbers
from gateway.routing.sip_logins import SipLogins
from gateway.routing.stream_hosts import StreamHosts
from gateway.routing.trunk_health import TrunkHealth
from gateway.routing.trunks import Trunks
from gateway.security_events import SecurityLog
from gateway.sight.homer import Homer
from gateway.sight.ladders import Ladders
from gateway.store.sqlite import SqliteStore
from gateway.switchboard import Switchboard
from gateway.upkeep import Upkeep
from gateway.webhooks.downloads import Downloads
from gateway.webhooks.egress import Egress
from gateway.webhooks.outbox import Outbox
from gateway.webhooks.signing import Signatures
from media.control import KeysFailed
from media.thrift import give_back
from signalling.io.shell import SipShell
from signalling.sip.calls import AnyCallEvent
from signalling.sip.config import MAX_CALLS, EndpointConfig
from signalling.sip.digest import Nonces
from signalling.sip.guard import Guard
from signalling.sip.incidents import Incident
from signalling.sip.notices import AnyNotice


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where the gateway can be reached, once it can."""

    http: str
    https: str | None
    sip_host: str
    sip_port: int


async def run(settings: Settings, *, ready: Callable[[Addresses], None] | None = None) -> None:
    """The whole gateway, until cancelled. Raises OSError for an address that is taken, and Unavailable."""
    async with AsyncExitStack() as stack:
        addresses = await _start(settings, stack)
        give_back()
        if ready is not None:
            ready(addresses)
        await asyncio.Event().wait()


async def _start(settings: Settings, stack: AsyncExitStack) -> Addresses:
    # An address that is taken is found out before anything else is started.
    listeners = Listeners(settings.server)
    stack.callback(listeners.close)
    public_url = settings.server.public_url.rstrip("/") or listeners.http
    directories = _Directories(data_directory(settings))
    files = Files(directories.root)
    files.prepare()
    clock, ids = SystemClock(), Ids()
    egress = Egress(settings.egress.allow)
    stack.push_async_callback(egress.close)
    store = await SqliteStore.open(directories.database)
    stack.push_async_callback(store.close)
    logins = _logins(settings)
    accounts = AccountResource(store, clock, ids, logins=logins)
    await accounts.configure(settings.account)
    await store.configure_pool(configured_numbers(settings.numbers))
    directory = _directory(settings)
    await load(directory, store)
    signatures = Signatures(store.account, clock, ids)
    outbox = Outbox(store, egress, clock, trouble=ncco_trouble, signer=signatures.signer)
    stack.push_async_callback(outbox.close)
    switchboard = Switchboard(store, outbox, clock, ids, await store.newest_order())
    media = await stack.enter_async_context(_media(settings, directories, clock, ids))
    transcripts = Transcripts(store, switchboard, media, files, public_url, directories.listening)
    stack.push_async_callback(transcripts.close)
    recordings = Recordings(switchboard, media, directories.recordings, public_url, transcripts)
    stack.push_async_callback(recordings.close)
    ears = Ears(media, directories.listening)
    ears.sweep()
    stack.push_async_callback(ears.close)
    prompts = Prompts(switchboard, media, Downloads(egress, directories.downloads, clock))
    stack.push_async_callback(prompts.close)
    till = _till(settings)
    stack.push_async_callback(till.close)
    equipment = Equipment(
        store=store,
        switchboard=switchboard,
        media=media,
        outbox=outbox,
        prompts=prompts,
        recordings=recordings,
        ears=ears,
        listenings=Listenings(switchboard, ears, directories.recordings, public_url),
        clock=clock,
        ids=ids,
        public_url=public_url,
        call_limit=RateLimit(settings.limits.calls_per_second),
        dial_limit=RateLimit(settings.limits.dials_per_minute, window_s=60),
        till=till,
        domains=directory,
        logins=logins,
    )
    ladders = Ladders(store)
    sight = await _sight(settings, ladders, clock, stack)
    telephony = await _sip(settings, directory, logins, store, media, egress, clock, ids, sight, stack)
    sip = telephony.line
    websocket = WebsocketLine(media, egress, signatures.vouch)
    users = UserLine(AppLine(switchboard), sip, Phones(directory, telephony.registrations))
    lines: dict[str, Line] = {"phone": sip, "sip": sip, "websocket": websocket, "app": users}
    if settings.vbc.trunk:
        lines["vbc"] = sip
    calls = CallService(equipment, lines)
    media.listener = websocket.listener = calls
    media.on_silence = sip.on_silence
    users.listen(calls)
    sip.keypads = equipment.keypads
    stack.push_async_callback(calls.close)
    await Recovery(store, switchboard, recordings, calls, sip).recover(media)
    await outbox.start()
    reports = Reports(store, files, outbox, clock, ids, public_url)
    stack.push_async_callback(reports.close)
    await reports.start()
    usual = chores(store, switchboard, files, settings.retention)
    upkeep = Upkeep([*usual, telephony.registrations.chore], clock)
    upkeep.start()
    stack.push_async_callback(upkeep.close)
    members = MemberResource(store, switchboard, calls, ids)
    studio = LiveStudio(equipment)
    services = Services(
        store=store,
        conversations=ConversationResource(store, switchboard, calls),
        members=members,
        users=UserResource(store, members, clock, ids),
        events=EventResource(store, switchboard, LiveAudio(switchboard, studio, calls)),
        calls=calls,
        studio=studio,
        accounts=accounts,
        applications=ApplicationResource(store, calls),
        sip_domains=SipDomainResource(store, directory, telephony.registrations),
        trunks=telephony.trunks,
        sip_bans=SipBanResource(telephony.shell.gate),
        workers=WorkerResource(media.workers),
        credentials=Credentials(store),
        operator=settings.account.api_key,
        files=files,
        media=MediaLibrary(store, files, clock, ids),
        redaction=Redaction(store, switchboard, files, outbox, reports, ladders),
        reports=reports,
        ladders=ladders,
        settings=settings,
        public_url=public_url,
        clock=clock,
        ids=ids,
        call_limit=equipment.call_limit,
        voice_limit=RateLimit(settings.limits.voice_requests_per_second),
    )
    await stack.enter_async_context(listeners.serve(make_app(services)))
    sip.reception = calls
    # The last, so that it is the first when all this ends.
    stack.push_async_callback(calls.drain, settings.media.drain_s)
    return Addresses(
        http=listeners.http,
        https=listeners.https,
        sip_host=settings.sip.advertised_host or settings.sip.host,
        sip_port=telephony.shell.port,
    )


class _Directories:
    """Where the gateway keeps what it keeps; made when they are not there, and nobody else's to read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.database = root / "cordboard.db"
        self.recordings = root / "recordings"
        self.downloads = root / "downloads"
        self.speech = root / "speech"
        self.listening = root / "listening"
        self.doors = root / "doors"
        kept = (self.recordings, self.downloads, self.speech, self.listening, self.doors)
        for directory in (root, *kept):
            private_directory(directory)


def _till(settings: Settings) -> Till:
    payments = settings.payments
    return Till(HttpProcessor(payments.url, payments.secret) if payments.url else None)


@asynccontextmanager
async def _media(
    settings: Settings, directories: _Directories, clock: Clock, ids: Ids
) -> AsyncIterator[MediaPlane]:
    media = MediaPlane(settings.media, directories.speech, clock, ids, settings.speech, directories.doors)
    try:
        await media.start()
        yield media
    finally:
        await media.close()


def _logins(settings: Settings) -> SipLogins:
    realm = settings.sip.realm if settings.sip.account_login else ""
    return SipLogins(realm, {user.username for user in settings.sip.users})


def _directory(settings: Settings) -> SipDirectory:
    own_hosts = {settings.sip.host, *settings.sip.more_hosts, settings.sip.advertised_host}
    return SipDirectory({*settings.sip.domains, settings.sip.advertised_host}, own_hosts)


async def _sight(settings: Settings, ladders: Ladders, clock: Clock, stack: AsyncExitStack) -> SipSight:
    """Who watches SIP. What is in memory of it is written once SIP has ended."""
    stack.push_async_callback(ladders.close)
    homer = await Homer.open(settings.sight)
    if homer is not None:
        stack.callback(homer.close)
    return SipSight(ladders, clock, homer)


class _Telephony(NamedTuple):
    """What SIP gives the rest of the gateway."""

    shell: SipShell
    line: SipLine
    registrations: Registrations
    trunks: TrunkResource


async def _sip(
    settings: Settings,
    directory: SipDirectory,
    logins: SipLogins,
    store: SqliteStore,
    media: MediaPlane,
    egress: Egress,
    clock: Clock,
    ids: Ids,
    sight: SipSight,
    stack: AsyncExitStack,
) -> _Telephony:
    guard = Guard(
        [ip_network(network) for network in settings.sip.trusted],
        {user.username: user.password for user in settings.sip.users},
        settings.sip.realm,
        Nonces(secrets.token_bytes(32)),
        SipDoors(directory),
        accounts=SipAccounts(logins),
        algorithms=settings.sip.digest_algorithms,
    )
    config = EndpointConfig(
        host=settings.sip.host,
        port=settings.sip.port,
        advertised_host=settings.sip.advertised_host,
        guard=guard,
        session_expires_s=settings.sip.session_expires_s,
        # What strangers must leave to trunks is a share of what there is.
        max_calls=min(MAX_CALLS, settings.media.max_legs),
        max_new_calls_per_s=settings.sip.guard.new_calls_per_s,
        wall=clock.wall,
    )
    events_file = Path(settings.sip.guard.events or data_directory(settings) / "security.log")
    security = SecurityLog(events_file, clock)

    def on_event(event: AnyCallEvent) -> None:
        line.on_event(event)

    def on_notice(notice: AnyNotice) -> None:
        if isinstance(notice, Incident):
            security.write(security_event(notice))
        keeper.on_notice(notice)
        enquiries.on_notice(notice)
        registrations.on_notice(notice)

    def on_keys_failed(failure: KeysFailed) -> None:
        security.write(keys_event(failure))
        line.on_keys_failed(failure)

    media.on_keys_failed = on_keys_failed
    shell = sip_shell(settings.sip, config, on_event, on_notice, sight.tap)
    trunks, health = Trunks(settings.trunks, settings.vbc.trunk), TrunkHealth()
    registrations = Registrations(shell, store, clock)
    phones = Phones(directory, registrations)
    own_host = settings.sip.advertised_host or settings.sip.host
    ways = Ways(shell, TrunkWays(shell, trunks, health, own_host), egress, phones, own_host)
    listed = (*settings.egress.allow, *settings.sip.trusted)
    hosts = StreamHosts(listed, trunks, own_address(settings.media))
    audio = SipMedia(media, settings.media, directory, hosts)
    line = SipLine(shell, audio, trunks, ways, ids, sight)
    keeper = TrunkKeeper(shell, guard, trunks, health, line.use)
    enquiries = TrunkEnquiries(shell)
    resource = TrunkResource(store, trunks, health, keeper, enquiries)
    await resource.load()
    await shell.start()
    # Before anything that is said in these calls is read.
    for leg_id, memo in remembered(media.remembered()).items():
        line.take_up(leg_id, memo.line)
    stack.push_async_callback(shell.close)
    await registrations.restore()
    stack.push_async_callback(registrations.close)
    await keeper.start()
    stack.push_async_callback(keeper.close)
    return _Telephony(shell, line, registrations, resource)
