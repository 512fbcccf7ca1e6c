"""What the HTTP interface is given to work with."""

from dataclasses import dataclass

from aiohttp import web

from gateway.api.credentials import Credentials
from gateway.clock import Clock
from gateway.config import Settings
from gateway.files.door import Files
from gateway.files.media import MediaLibrary
from gateway.ids import Ids
from gateway.limits import RateLimit
from gateway.ports import Calls, Conversations, Events, Members, Studio, Users
from gateway.redaction.calls import Redaction
from gateway.reports.service import Reports
from gateway.resources.accounts import AccountResource
from gateway.resources.applications import ApplicationResource
from gateway.resources.sip_bans import SipBanResource
from gateway.resources.sip_domains import SipDomainResource
from gateway.resources.trunks import TrunkResource
from gateway.resources.workers import WorkerResource
from gateway.sight.ladders import Ladders
from gateway.store.base import Store


@dataclass(frozen=True, kw_only=True)
class Services:
    """The rest of the gateway, as the handlers see it."""

    store: Store
    conversations: Conversations
    members: Members
    users: Users
    events: Events
    calls: Calls
    studio: Studio
    accounts: AccountResource
    applications: ApplicationResource
    sip_domains: SipDomainResource
    trunks: TrunkResource
    sip_bans: SipBanResource
    workers: WorkerResource
    credentials: Credentials
    operator: str
    """The API key of the configured account, which looks after the others and the pool of numbers."""
    files: Files
    media: MediaLibrary
    redaction: Redaction
    reports: Reports
    ladders: Ladders
    settings: Settings
    public_url: str
    """The address that clients use, without a slash at the end."""
    clock: Clock
    ids: Ids
    call_limit: RateLimit
    """Of the calls that accounts start, whoever starts them."""
    voice_limit: RateLimit
    """Of the other requests of the Voice API."""


SERVICES = web.AppKey("services", Services)
