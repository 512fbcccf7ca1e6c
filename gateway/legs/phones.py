"""Registered phones as ways to the users whose they are: all ring at once, and the first answer wins."""

from dataclasses import dataclass
from itertools import islice

from gateway.legs import media_policy
from gateway.legs.hunting import MAX_PARALLEL, Round
from gateway.legs.line import Summons
from gateway.legs.registrations import Registrations
from gateway.legs.sip_dialling import Way
from gateway.legs.sip_media import towards
from gateway.legs.sip_status import TEMPORARILY_UNAVAILABLE
from gateway.routing.domains import SipDirectory
from gateway.routing.trunk_identity import plain
from gateway.store.records import ApplicationRecord, SipDomainRecord
from signalling.sdp.stream import LocalMedia
from signalling.sip.config import Invitation
from signalling.sip.errors import SipError
from signalling.sip.guard import Admitted
from signalling.sip.registrar.binding import Binding
from signalling.sip.uri import SipUri


class NotRegistered(SipError):
    """The user has no phone that is registered."""

    def __init__(self, user: str, domain: str) -> None:
        super().__init__(f"{user} has no phone registered in {domain}", TEMPORARILY_UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Call:
    """What the INVITEs to all phones of a user have in common."""

    summons: Summons
    local: LocalMedia
    headers: dict[str, str]


class Phones:
    """The phones of users of SIP domains. A domain of another account is none."""

    def __init__(self, directory: SipDirectory, registrations: Registrations) -> None:
        self._directory = directory
        self._registrations = registrations

    def domain_of(self, host: str, account: str) -> SipDomainRecord | None:
        """The domain of an account that a host names, if it names one."""
        domain = self._directory.at(host)
        return domain if domain is not None and domain.account == account else None

    def has_any(self, application: ApplicationRecord, user: str) -> bool:
        """Whether a user of an application has a phone."""
        return bool(self._of_application(application, user))

    def of_app_user(self, user: str, call: Call) -> Round[Way]:
        """Every phone of a user of the application, in whichever domain of it. Raises NotRegistered."""
        found = self._of_application(call.summons.application, user)
        if not found:
            raise NotRegistered(user, "the application's domains")
        return Round(tuple(self._way(binding, domain, user, call) for domain, binding in found))

    def _of_application(
        self, application: ApplicationRecord, user: str
    ) -> list[tuple[SipDomainRecord, Binding]]:
        domains = self._directory.of_application(application.id)
        found = (
            (domain, each) for domain in domains for each in self._registrations.bindings(domain.name, user)
        )
        return list(islice(found, MAX_PARALLEL))

    def of_user(self, domain: SipDomainRecord, user: str, call: Call) -> Round[Way]:
        """Every phone of a user. Raises NotRegistered."""
        bindings = self._registrations.bindings(domain.name, user)[:MAX_PARALLEL]
        if not bindings:
            raise NotRegistered(user, domain.name)
        return Round(tuple(self._way(binding, domain, user, call) for binding in bindings))

    def _way(self, binding: Binding, domain: SipDomainRecord, user: str, call: Call) -> Way:
        local = media_policy.of_domain(domain).apply(call.local)
        caller = plain(call.summons.caller)
        return Way(
            Invitation(
                target=binding.contact,
                flow=binding.flow,
                from_user=caller.user,
                from_host=caller.host,
                from_display=caller.display,
                local=towards(local, binding.flow.remote[0]),
                headers={**call.headers, **caller.headers},
                routes=binding.path,
                to=SipUri("sip", user, self._directory.host_of(domain.name)),
                callee=Admitted(user, domain.name),
            )
        )
