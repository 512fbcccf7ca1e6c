"""A contact centre: a menu, a talk with an agent, and a question when the agent has left.

    AGENT=447700900003 python -m examples.contact_centre

Run it like `hello.py`; the agent must be reachable through a trunk of the gateway. Caller and agent meet in a
conversation by name, where the caller stays when the agent hangs up; an inline NCCO asks them then.
"""

import asyncio
import os

from examples.api import application, show
from examples.voice import URL, Fields, Ncco, ask_digits, print_event, run, talk, webhooks

AGENT = os.environ.get("AGENT", "447700900003")
callers: dict[str, str] = {}
"""Who is in the room with which agent: the caller's leg, by the agent's."""


def answer(_: Fields) -> Ncco:
    return [talk("Press one to speak with an agent.", bargeIn=True), ask_digits("choice")]


async def choice(fields: Fields) -> Ncco:
    if fields["dtmf"]["digits"] != "1":
        return [talk("Good bye.")]
    caller, room = fields["uuid"], f"help {fields['uuid']}"
    await asyncio.to_thread(call_agent, caller, room, fields["to"])
    return [talk("Please hold the line."), {"action": "conversation", "name": room}]


def call_agent(caller: str, room: str, dialled: str) -> None:
    call = {
        "to": [{"type": "phone", "number": AGENT}],
        "from": {"type": "phone", "number": dialled},
        "ncco": [talk("A customer is waiting."), {"action": "conversation", "name": room}],
        "event_url": [f"{URL}/agent"],
    }
    callers[application().post("/v1/calls", call)["uuid"]] = caller


async def agent(fields: Fields) -> None:
    """The agent has gone: whoever they talked with is asked."""
    print_event(fields)
    if fields.get("status") == "completed":
        await asyncio.to_thread(ask, callers.pop(fields["uuid"]))


def ask(caller: str) -> None:
    survey = [talk("How was our service? Press a key from one to five."), ask_digits("mark")]
    application().put(
        f"/v1/calls/{caller}", {"action": "transfer", "destination": {"type": "ncco", "ncco": survey}}
    )


def mark(fields: Fields) -> Ncco:
    show("mark", fields["dtmf"]["digits"])
    return [talk("Thank you. Good bye.")]


app = webhooks(answer=answer, choice=choice, agent=agent, mark=mark)

if __name__ == "__main__":
    run(app)
