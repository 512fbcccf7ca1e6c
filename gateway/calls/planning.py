"""How legs come to be: what each is to do (its plan), and what is written of it at first (its record)."""

from collections.abc import Mapping

import msgspec

from gateway.calls.equipment import Equipment
from gateway.calls.forwards import Forwarding
from gateway.calls.live_leg import LiveLeg
from gateway.calls.messages import Fetch, Given
from gateway.calls.plan import Plan
from gateway.errors import Invalid
from gateway.legs.line import Arrival, Line, Summons
from gateway.ncco.actions.forward import Forward
from gateway.ncco.effects import Dial
from gateway.ports import NewCall
from gateway.routing.arrivals import kind_of, party
from gateway.routing.called_user import user_called
from gateway.routing.caller_id import random_number, shown_number
from gateway.routing.endpoints import (
    Dialled,
    Endpoint,
    PhoneEndpoint,
    WebsocketEndpoint,
    address_of,
    leg_type,
)
from gateway.routing.forwarding import ForwardEndpoint
from gateway.store.records import ApplicationRecord, LegRecord, UserRecord, Webhook
from gateway.webhooks.payloads import rtc_webhook, voice_webhook


class Planner:
    """Makes plans and first records; nothing of it lives."""

    def __init__(self, equipment: Equipment, lines: Mapping[str, Line]) -> None:
        """`lines` by leg type: phone, sip, websocket, app and, where there is one, vbc."""
        self._equipment = equipment
        self._lines = lines

    async def for_call(self, application: ApplicationRecord, new: NewCall) -> Plan:
        """Of a call that REST wants. Raises Invalid."""
        first = Given(ncco=new.ncco) if new.ncco is not None else None
        if first is None and new.answer is None:
            raise Invalid("one of ncco and answer_url is needed", ncco="is required without answer_url")
        number = new.from_.number if new.from_ else None
        return Plan(
            line=self._line_to(new.to),
            summons=Summons(
                leg_id=self._equipment.ids.uuid(),
                member_id=self._equipment.ids.member(),
                endpoint=new.to,
                caller=await self._caller(application, number, at_random=new.random_from_number),
                application=application,
            ),
            first=first or (Fetch(webhook=new.answer) if new.answer else None),
            ringing_s=new.ringing_timer_s,
            length_s=new.length_timer_s,
            digits_on_answer=_digits_on_answer(new.to),
            detection=new.detection,
            webhook=new.event,
            client_ref=new.client_ref,
        )

    async def for_connect(self, parent: LiveLeg, effect: Dial) -> Plan:
        """Of a leg that a script dials. Raises Invalid."""
        application = parent.application
        return Plan(
            line=self._line_to(effect.endpoint),
            parent=parent,
            summons=Summons(
                leg_id=effect.leg,
                member_id=self._equipment.ids.member(),
                endpoint=effect.endpoint,
                caller=await self._caller_of(parent, effect),
                application=application,
            ),
            hops=parent.hops,
            ringing_s=effect.ringing_s,
            length_s=effect.limit_s,
            digits_on_answer=_digits_on_answer(effect.endpoint),
            first=_on_answer(effect.endpoint),
            question=effect.question,
            detection=effect.detection,
            webhook=effect.webhook or parent.record.event_webhook,
        )

    async def for_successor(self, leg: LiveLeg, endpoint: Endpoint) -> Plan:
        """Of a leg that is called to take another's place. Raises Invalid.

        It sees the number of the application that the other leg was called from, or called.
        """
        own = leg.record.to if leg.record.direction == "inbound" else leg.record.from_
        return Plan(
            line=self._line_to(endpoint),
            predecessor=leg,
            summons=Summons(
                leg_id=self._equipment.ids.uuid(),
                member_id=self._equipment.ids.member(),
                endpoint=endpoint,
                caller=await self._caller(leg.application, own.get("number"), at_random=False),
                application=leg.application,
            ),
            webhook=leg.record.event_webhook,
        )

    def for_forwarding(
        self, forwarding: Forwarding, arrival: Arrival, hops: int
    ) -> tuple[Plan, LegRecord, UserRecord]:
        """Of a call to a forwarded number, and what is written of it."""
        record, user = self.inbound(forwarding.application, arrival, knocks=False)
        record = msgspec.structs.replace(record, event_webhook=forwarding.webhook)
        endpoint = msgspec.structs.replace(forwarding.endpoint, headers=dict(arrival.headers))
        first = Given(ncco=(Forward(endpoint=endpoint),))
        return Plan(line=self._lines["phone"], first=first, hops=hops), record, user

    def for_replacement(self, leg: LiveLeg, arrival: Arrival) -> tuple[Plan, LegRecord, UserRecord]:
        """Of a call that came in to take another leg's place, and what is written of it."""
        record, user = self.inbound(leg.application, arrival, knocks=False)
        here = msgspec.structs.replace(record, conversation_id=leg.record.conversation_id)
        return Plan(line=self._lines["phone"], predecessor=leg, headers=arrival.headers), here, user

    def for_arrival(
        self, application: ApplicationRecord, arrival: Arrival, hops: int = 0
    ) -> tuple[Plan, bool]:
        """Of a call that came in, and whether it knocks.

        Without an answer_url, whoever hears the application's events decides where the caller goes.
        """
        answer = voice_webhook(application, "answer_url")
        knocks = answer is None and rtc_webhook(application) is not None
        first = None if knocks else _first(answer)
        return Plan(line=self._lines["phone"], first=first, headers=arrival.headers, hops=hops), knocks

    def inbound(
        self, application: ApplicationRecord, arrival: Arrival, *, knocks: bool
    ) -> tuple[LegRecord, UserRecord]:
        """What is written of a call that came in, and the user that it is."""
        ids = self._equipment.ids
        user = self._new_user(application)
        kind = kind_of(self._equipment.domains, arrival.domain)
        record = LegRecord(
            id=arrival.leg_id,
            application_id=application.id,
            conversation_id=ids.conversation(),
            member_id=ids.member(),
            user_id=user.id,
            user_name=user.name,
            type=kind,
            direction="inbound",
            status="started",
            from_=party(kind, arrival.caller),
            to=party(kind, arrival.called),
            created=self._equipment.switchboard.now(),
            knocking_id=ids.knocking() if knocks else None,
        )
        return record, user

    async def outbound(self, application: ApplicationRecord, plan: Plan) -> tuple[LegRecord, UserRecord]:
        """What is written of a leg that calls somebody, and the user that it is. Raises NotFound, Invalid."""
        if plan.summons is None:
            raise TypeError("an outbound leg needs somebody to summon")
        summons, companion, ids = plan.summons, plan.companion, self._equipment.ids
        guest = await user_called(self._equipment.store, application, summons.endpoint)
        user = guest or self._new_user(application)
        record = LegRecord(
            id=summons.leg_id,
            application_id=application.id,
            conversation_id=companion.record.conversation_id if companion else ids.conversation(),
            member_id=summons.member_id,
            user_id=user.id,
            user_name=user.name,
            type=leg_type(summons.endpoint),
            direction="outbound",
            status="started",
            from_={"type": "phone", "number": summons.caller or "Unknown"},
            to=address_of(summons.endpoint),
            created=self._equipment.switchboard.now(),
            event_webhook=plan.webhook,
            question=plan.question,
            client_ref=plan.client_ref,
            cpa=plan.detection is not None,
            headers=summons.endpoint.headers if isinstance(summons.endpoint, WebsocketEndpoint) else {},
        )
        return record, user

    def _line_to(self, endpoint: Dialled) -> Line:
        kind = leg_type(endpoint)
        line = self._lines.get(kind)
        if line is None:
            raise Invalid(
                "no VBC system is configured; the operator sets [vbc] trunk to the name of a trunk",
                to="vbc extensions cannot be called here",
            )
        return line

    async def _caller_of(self, parent: LiveLeg, effect: Dial) -> str:
        """The number that is shown to who is dialled: through a forwarded number, whoever called it."""
        if isinstance(effect.endpoint, ForwardEndpoint):
            caller: str = parent.record.from_.get("number", "")
            return caller if caller.isdigit() else ""
        return await self._caller(parent.application, effect.from_number, at_random=effect.from_random)

    async def _caller(self, application: ApplicationRecord, number: str | None, *, at_random: bool) -> str:
        """The number that is shown to who is called."""
        if at_random:
            return await random_number(self._equipment.store, application)
        return await shown_number(self._equipment.store, application, number)

    def _new_user(self, application: ApplicationRecord) -> UserRecord:
        ids = self._equipment.ids
        return UserRecord(
            id=ids.user(),
            application_id=application.id,
            name=ids.caller_name(),
            created=self._equipment.switchboard.now(),
        )


def _first(answer: Webhook | None) -> Fetch | Given:
    return Given(ncco=()) if answer is None else Fetch(webhook=answer)


def _on_answer(endpoint: Dialled) -> Fetch | None:
    if not isinstance(endpoint, PhoneEndpoint) or endpoint.on_answer is None:
        return None
    return Fetch(webhook=Webhook(address=endpoint.on_answer.url, http_method="GET"))


def _digits_on_answer(endpoint: Dialled) -> str:
    return endpoint.dtmf_answer if isinstance(endpoint, PhoneEndpoint) else ""
