"""Voice alerts: everybody on a list is called; people confirm with a key, machines hear it after the beep.

    python -m examples.voice_alerts "The server room is too hot." 447700900003 447700900004

Run it like `hello.py`; FROM is the number that the called phones see, one of the account's. It ends when
everybody has been reached.
"""

import asyncio
import os
import sys

from aiohttp import web

from examples.api import application, show
from examples.voice import PORT, URL, Fields, Ncco, ask_digits, talk, webhooks

FROM = os.environ.get("FROM", "447700900000")
DETECTION = {"behavior": "continue", "mode": "detect_beep", "beep_timeout": 45}


class Alert:
    """One message and everybody who should hear it."""

    def __init__(self, text: str, numbers: list[str]) -> None:
        self.text = text
        self.waiting = set(numbers)
        self.done = asyncio.Event()

    def call(self, number: str) -> None:
        call = {
            "to": [{"type": "phone", "number": number}],
            "from": {"type": "phone", "number": FROM},
            "answer_url": [f"{URL}/answer"],
            "event_url": [f"{URL}/event"],
            "advanced_machine_detection": DETECTION,
        }
        show("called", f"{number} {application().post('/v1/calls', call)['uuid']}")

    def answer(self, _: Fields) -> Ncco:
        text = f"This is an alert. {self.text} Press one to confirm."
        return [talk(text, bargeIn=True), ask_digits("confirm")]

    def confirm(self, fields: Fields) -> Ncco:
        confirmed = fields["dtmf"]["digits"] == "1"
        show("confirmed" if confirmed else "not confirmed", fields["to"])
        return [talk("Thank you." if confirmed else "Good bye.")]

    def event(self, fields: Fields) -> None:
        status = fields.get("status")
        if status in ("human", "machine"):
            show(status, f"{fields['to']} {fields.get('sub_state', '')}".rstrip())
        if status == "completed":
            self.waiting.discard(fields["to"])
            if not self.waiting:
                self.done.set()


async def main(text: str, numbers: list[str]) -> None:
    """Listen for the webhooks, call everybody, wait for the ends of the calls."""
    alert = Alert(text, numbers)
    app = webhooks(answer=alert.answer, confirm=alert.confirm, event=alert.event)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", PORT).start()
    try:
        for number in numbers:
            await asyncio.to_thread(alert.call, number)
        await alert.done.wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
