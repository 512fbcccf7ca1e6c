"""Call whisper: the called agent hears which campaign the caller comes from before they are joined.

    AGENT=447700900003 python -m examples.call_whisper

Run it like `hello.py`, and rent two numbers for the application: each is another campaign. The agent must be
reachable through a trunk of the gateway.
"""

import os

from examples.voice import URL, Fields, Ncco, connect, run, talk, webhooks

AGENT = os.environ.get("AGENT", "447700900003")
CAMPAIGNS = ("television", "newspaper")
_numbers: list[str] = []


def answer(fields: Fields) -> Ncco:
    dialled = fields["to"]
    call = connect(AGENT, **{"from": dialled})
    # What the agent hears first is asked for with the number that the agent's phone shows.
    call["endpoint"][0]["onAnswer"] = {"url": f"{URL}/on_answer"}
    return [talk("Thank you for calling. We are connecting you."), call]


def on_answer(fields: Fields) -> Ncco:
    return [talk(f"Incoming call from the {campaign(fields['from'])} campaign.")]


def campaign(number: str) -> str:
    """Which campaign a number is printed in: the first that is called is the first one's."""
    if number not in _numbers:
        _numbers.append(number)
    return CAMPAIGNS[_numbers.index(number) % len(CAMPAIGNS)]


app = webhooks(answer=answer, on_answer=on_answer)

if __name__ == "__main__":
    run(app)
