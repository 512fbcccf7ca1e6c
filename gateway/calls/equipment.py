"""What every live leg works with, wired once by `gateway.app`."""

from dataclasses import dataclass, field

from gateway.calls.ears import Ears
from gateway.calls.listening import Listenings
from gateway.calls.lobby import Lobby
from gateway.calls.prompts import Prompts
from gateway.calls.recordings import Recordings
from gateway.clock import Clock
from gateway.ids import Ids
from gateway.legs.keypads import Keypads
from gateway.limits import RateLimit
from gateway.media_plane import MediaPlane
from gateway.payments.till import Till
from gateway.routing.domains import SipDirectory
from gateway.routing.sip_logins import SipLogins
from gateway.store.base import Store
from gateway.switchboard import Switchboard
from gateway.webhooks.outbox import Outbox


@dataclass(slots=True)
class Equipment:
    """The gateway's parts, as legs use them."""

    store: Store
    switchboard: Switchboard
    media: MediaPlane
    outbox: Outbox
    prompts: Prompts
    recordings: Recordings
    ears: Ears
    listenings: Listenings
    clock: Clock
    ids: Ids
    public_url: str
    """What `region_url` and recording URLs begin with."""
    call_limit: RateLimit
    """Of the calls that accounts start, by POST and by `connect`."""
    dial_limit: RateLimit
    """Of the legs that scripts dial into one conversation."""
    lobby: Lobby = field(default_factory=Lobby)
    till: Till = field(default_factory=Till)
    keypads: Keypads = field(default_factory=Keypads)
    domains: SipDirectory = field(default_factory=SipDirectory)
    logins: SipLogins = field(default_factory=SipLogins)
