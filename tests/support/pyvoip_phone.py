"""pyVoIP as a second softphone: calls and is called, says a tone, saves what it hears.

Run as a module this is the phone itself; `PyVoipPhone` starts that in a process of its own. pyVoIP registers
before it does anything else; without a domain here it believes to have done so, and is only called directly.
"""

import argparse
import json
import sys
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.support.child import Child, report
from tests.support.ports import free_ports

RATE_HZ = 8000
FRAME = 160
ANSWER_TIMEOUT_S = 20


class PyVoipPhone(Child):
    """One phone. Orders: `call` (user at the server), `hang_up`. Events: `ready`, `established`, `dtmf`
    (digit), `closed`, `registered`.

    `domain` is where it registers, and must be a name of this machine; nowhere when empty.
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        *,
        tone_hz: int,
        server_port: int,
        domain: str = "",
        password: str = "",
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.heard = directory / f"{name}.wav"
        self.port = free_ports(1)[0]
        self.uri = f"sip:{name}@127.0.0.1:{self.port}"
        options = {
            "name": name,
            "port": self.port,
            "tone": tone_hz,
            "server": server_port,
            "heard": self.heard,
            "domain": domain,
            "password": password,
        }
        super().__init__(
            "tests.support.pyvoip_phone",
            *(f"--{key}={value}" for key, value in options.items()),
            log=directory / f"{name}.log",
        )


def unsigned_tone(hertz: int, level_dbov: float = -20.0) -> bytes:
    """A second of a sine as pyVoIP wants it: unsigned 8-bit samples."""
    amplitude = 128 * 10 ** (level_dbov / 20) * np.sqrt(2)
    samples = amplitude * np.sin(2 * np.pi * hertz * np.arange(RATE_HZ) / RATE_HZ) + 128
    return bytes(np.round(samples).astype(np.uint8))


def obey(verbs: dict[str, Callable[..., None]]) -> None:
    """Carry out orders until standard input ends."""
    for line in sys.stdin:
        verb, *words = json.loads(line)
        verbs[verb](*words)


def main() -> None:
    """The phone's own process."""
    from pyVoIP.VoIP import CallState, VoIPCall, VoIPPhone

    options = _options()

    def take(call: VoIPCall) -> None:
        calls.append(call)
        call.answer()
        talk(call)

    def dial(number: str) -> None:
        call = phone.call(number)
        calls.append(call)
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        while call.state is CallState.DIALING and time.monotonic() < deadline:
            time.sleep(0.02)
        talk(call)

    def hang_up() -> None:
        calls[-1].hangup()

    def talk(call: VoIPCall) -> None:
        report("established")
        with wave.open(options.heard, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            converse(call, file)
        report("closed")

    def converse(call: VoIPCall, file: wave.Wave_write) -> None:
        speech = unsigned_tone(options.tone) * 2
        start = time.monotonic()
        for turn in range(60 * 50):
            if call.state is not CallState.ANSWERED:
                return
            offset = turn * FRAME % RATE_HZ
            call.write_audio(speech[offset : offset + FRAME])
            heard = np.frombuffer(call.read_audio(FRAME, blocking=False), np.uint8).astype(np.int16)
            file.writeframes(((heard - 128) * 256).astype("<i2").tobytes())
            if digit := call.get_dtmf():
                report("dtmf", digit=digit)
            time.sleep(max(0.0, start + (turn + 1) * 0.02 - time.monotonic()))

    low = free_ports(1)[0]
    phone = VoIPPhone(
        options.domain or "127.0.0.1", options.server, options.name, options.password,
        myIP="127.0.0.1", callCallback=take,
        sipPort=options.port, rtpPortLow=low, rtpPortHigh=low + 20,
    )  # fmt: skip
    calls: list[VoIPCall] = []
    if not options.domain:
        phone.sip.register = lambda: True  # type: ignore[method-assign]
    phone.start()
    if options.domain:
        report("registered")
    listening = next(thread for thread in threading.enumerate() if thread.name == "SIP Recieve")
    report("ready", listening=listening.is_alive())
    verbs: dict[str, Callable[..., None]] = {
        "call": lambda number: threading.Thread(target=dial, args=(number,), daemon=True).start(),
        "hang_up": hang_up,
    }
    obey(verbs)
    phone.stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for option in ("name", "heard"):
        parser.add_argument(f"--{option}", required=True)
    for option in ("domain", "password"):
        parser.add_argument(f"--{option}", default="")
    for option in ("port", "tone", "server"):
        parser.add_argument(f"--{option}", type=int, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
