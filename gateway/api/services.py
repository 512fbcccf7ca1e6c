"""What the HTTP interface is given to work with."""

from dataclasses import dataclass, field

from aiohttp import web

from gateway.api.credentials import Credentials
from gateway.clock import Clock
from gateway.config import Settings
from gateway.files.door import Files
from gateway.files.media import MediaLibrary
from gateway.ids import Ids
from gateway.limits import CALLS_PER_SECOND, VOICE_REQUESTS_PER_SECOND, RateLimit
from gateway.ports import Calls, Conversations, Events, Members, Studio, Users
from gateway.redaction.calls import Redaction
from gateway.reports.service import Reports
from gateway.resources.accounts import AccountResource
from gateway.resources.applications import ApplicationResource
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
    credentials: Credentials
    operator: str
    """The API key of the configured account, which looks after the others and the pool of numbers."""
    files: Files
    media: MediaLibrary
    redaction: Redaction
    reports: Reports
    settings: Settings
    public_url: str
    """The address that clients use, without a slash at the end."""
    clock: Clock
    ids: Ids
    call_limit: RateLimit = field(default_factory=lambda: RateLimit(CALLS_PER_SECOND))
    """Of the calls that accounts start, whoever starts them."""
    voice_limit: RateLimit = field(default_factory=lambda: RateLimit(VOICE_REQUESTS_PER_SECOND))


SERVICES = web.AppKey("services", Services)
