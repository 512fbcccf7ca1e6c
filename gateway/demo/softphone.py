"""The process behind `gateway.demo.phone`: one baresip phone that obeys JSON lines.

Standard input carries orders, `["call", "sip:…"]`; standard output events, `{"name": "established", …}`. The
process ends with the order `quit` or with its standard input, so that no phone outlives whoever started it.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import random
import socket
import sys
import wave
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path

import numpy as np
from baresip import (
    Account,
    AudioNotActive,
    AudioRestarted,
    BaresipError,
    Call,
    Config,
    DigitEvent,
    Event,
    RegistrationError,
    Runtime,
    StackEvent,
    StaleHandleError,
    UserAgent,
)
from baresip.audio import CallAudio

from gateway.demo.phone import PASSWORD_VARIABLE
from gateway.demo.rates import RATE_HZ, from_call, to_call

FRAME_S = 0.02
AHEAD_BYTES = int(RATE_HZ * 0.1) * 2
"""Sound handed to the stack in advance: enough to bridge a slow moment, little enough to stop soon."""
READ_BYTES = RATE_HZ * 2
CHANGE_EVERY_S = 0.05
CHANGE_TRIES = 200
"""Of a hold or resume: the far end may take its time to answer the one before, and may be restarted."""
LEAVE_TIMEOUT_S = 2.0
REGISTERED_S = 120
"""What it asks for when it registers; it comes again before that."""
TOLD = {
    Event.CALL_RINGING: "ringing",
    Event.CALL_ESTABLISHED: "established",
    Event.CALL_HOLD: "held",
    Event.CALL_RESUME: "resumed",
}
SIP_PORTS = range(26_000, 30_000)
RTP_PORTS = "10000-19998"
PORT_TRIES = 20


def tone(hertz: int, level_dbov: float) -> bytes:
    """One second of a sine, 16-bit mono at 8 kHz, which repeats without a seam. Silence for 0 Hz."""
    amplitude = 32768 * 10 ** (level_dbov / 20) * np.sqrt(2)
    samples = amplitude * np.sin(2 * np.pi * hertz * np.arange(RATE_HZ) / RATE_HZ)
    return bytes(samples.astype("<i2"))


def read_words(path: Path) -> bytes:
    """The samples of a WAV file that the phone can say. Raises ValueError for any other file."""
    try:
        with wave.open(str(path), "rb") as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE_HZ):
                raise ValueError(f"{path} is not mono with 16 bits at {RATE_HZ} Hz")
            return file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path} is no WAV file: {error}") from None


class Recorder:
    """Writes what is heard; the file is whole after every write."""

    def __init__(self, path: Path) -> None:
        self._octets = path.open("wb")
        self._file = wave.open(self._octets, "wb")  # noqa: SIM115 - open as long as the phone lives
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE_HZ)
        self.write(b"")

    @property
    def seconds(self) -> float:
        """Length so far."""
        return self._file.getnframes() / RATE_HZ

    def write(self, pcm: bytes) -> None:
        """Append samples."""
        self._file.writeframes(pcm)
        self._octets.flush()

    def close(self) -> None:
        """End the file."""
        self._file.close()
        self._octets.close()


class Softphone:
    """One user agent with at most one call: says its tone, records what it hears, reports what happens."""

    def __init__(self, agent: UserAgent, speech: bytes, recorder: Recorder, *, answers: bool) -> None:
        self._agent = agent
        self._speech = speech
        self._spoken = 0
        self._words = bytearray()
        """What is said before the tone goes on."""
        self._recorder = recorder
        self._answers = answers
        self._call: Call | None = None
        self._waiting: Call | None = None
        """Whoever it consults somebody about."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_closed = 0
        # The agent's events, not the call's: a fast peer answers before `dial` has returned the call.
        agent.on(self._follow)
        agent.on_incoming(self._take)

    def report(self, name: str, text: str = "") -> None:
        """Tell whoever started us."""
        line = {"name": name, "text": text, "heard_s": round(self._recorder.seconds, 2)}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    async def obey(self, verb: str, argument: str) -> None:
        """Carry out one order. What cannot be done is reported as `error`, never raised."""
        try:
            if verb == "call":
                self._take(await self._agent.dial(argument))
            elif self._call is None:
                self.report("error", f"{verb}: there is no call")
            elif verb == "dtmf":
                await self._call.send_dtmf(argument)
            elif verb == "consult":
                self._waiting = self._call
                self._take(await self._agent.dial(argument))
            elif verb == "join" and self._waiting is not None:
                await self._waiting.attended_transfer(self._call)
            elif verb == "transfer":
                await self._call.transfer(argument)
            elif verb == "say":
                self._words += read_words(Path(argument))
            elif verb in ("hold", "resume"):
                await _change(self._call.hold if verb == "hold" else self._call.resume)
            else:
                action = {
                    "answer": self._call.answer,
                    "reject": self._call.reject,
                    "hang_up": self._call.hangup,
                }[verb]
                await action()
        except (BaresipError, OSError, ValueError) as error:
            self.report("error", f"{verb}: {error}")

    async def register(self) -> None:
        """Register where the account says; it comes again by itself."""
        try:
            await self._agent.register()
        except RegistrationError as error:
            self.report("refused", str(error))
        else:
            self.report("registered")

    async def leave(self) -> None:
        """Hang up and let the call end properly, within reason."""
        if self._call is None:
            return
        await self.obey("hang_up", "")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                await asyncio.gather(*self._tasks)

    def _take(self, call: Call) -> None:
        if call.handle == self._last_closed:
            return
        self._call = call
        call.on_dtmf(self._report_digit)
        self._spawn(self._converse(call))
        if call.state.value == "incoming":
            self.report("ringing", call.peer or "")
            if self._answers:
                self._spawn(self.obey("answer", ""))

    def _report_digit(self, event: DigitEvent) -> None:
        self.report("dtmf", event.digit)

    def _follow(self, event: StackEvent) -> None:
        if event.event in TOLD:
            self.report(TOLD[event.event], event.peer or "")
        elif event.event is Event.CALL_CLOSED:
            self._last_closed = event.call
            if self._call is None or self._call.handle == event.call:
                self._call = None
                self._words.clear()
                self.report("closed", event.text or "")

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, call: Call) -> None:
        audio = call.audio
        while self._call is call:
            with contextlib.suppress(AudioNotActive, AudioRestarted):
                info = audio.info()
                # A read of a whole number of our samples, whatever the call's are.
                times = info.rx_sample_rate // RATE_HZ * info.rx_channels
                while times and (pcm := audio.read(READ_BYTES * times)):
                    self._recorder.write(from_call(pcm, info.rx_sample_rate, info.rx_channels))
                times = info.tx_sample_rate // RATE_HZ * info.tx_channels
                missing = AHEAD_BYTES - info.tx_buffered // times if times else 0
                if missing > 0:
                    self._speak(audio, missing)
            await asyncio.sleep(FRAME_S)

    def _speak(self, audio: CallAudio, size: int) -> None:
        """Say so many octets: of its words if there are any, else of its tone."""
        if self._words:
            del self._words[: self._write(audio, bytes(self._words[:size]))]
            if not self._words:
                self.report("said")
        else:
            start = self._spoken % len(self._speech)
            self._spoken += self._write(audio, (self._speech * 2)[start : start + size])

    @staticmethod
    def _write(audio: CallAudio, pcm: bytes) -> int:
        """How much of it the call took."""
        info = audio.info()
        times = info.tx_sample_rate // RATE_HZ * info.tx_channels
        taken = audio.write(to_call(pcm, info.tx_sample_rate, info.tx_channels))
        return int(taken) // times // 2 * 2


async def _change(action: Callable[[], Awaitable[None]]) -> None:
    """Hold or resume. The stack refuses to while its last re-INVITE is unanswered (RFC 3261 section 14.1).

    Raises BaresipError.
    """
    for left in reversed(range(CHANGE_TRIES)):
        try:
            await action()
        except BaresipError as error:
            if isinstance(error, StaleHandleError) or not left:
                raise
            await asyncio.sleep(CHANGE_EVERY_S)
        else:
            return


def free_port(host: str, wanted: int) -> int:
    """A UDP port of the host: the wanted one, or for 0 one that nobody uses at this moment.

    Chosen below the ports that the kernel gives to anybody, who else might get it before we bind to it.
    """
    ports = [wanted] if wanted else random.sample(SIP_PORTS, PORT_TRIES)
    for port in ports:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
            probe.bind((host, port))
            return port
    raise OSError(f"no free UDP port for SIP among {ports}")


async def read_orders(phone: Softphone) -> None:
    """Obey until `quit` or the end of standard input."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    with contextlib.closing(transport):
        async for line in reader:
            verb, argument = json.loads(line)
            if verb == "quit":
                return
            await phone.obey(verb, argument)


def _parameters(options: argparse.Namespace) -> Iterator[str]:
    """Parameters of a baresip account that the binding has no names for."""
    yield "catchall=yes"
    if options.proxy:
        yield f"outbound=sip:{options.proxy}"
    if options.encryption:
        yield f"mediaenc={options.encryption}"
    if options.parameters:
        yield options.parameters


async def run(options: argparse.Namespace) -> None:
    """The life of the phone."""
    runtime = Runtime()
    host = options.host
    port = free_port(host, options.port)
    directives = f"sip_listen {host}:{port}\nrtp_ports {RTP_PORTS}\n"
    if options.traced:
        logging.basicConfig(stream=sys.stderr, format="%(message)s")
        logging.getLogger("baresip.native.sip").setLevel(logging.DEBUG)
    await runtime.start(
        Config(net_interface=host, extra_config_text=directives, sip_trace=bool(options.traced))
    )
    account = Account(
        user=options.name,
        domain=options.domain or f"{host}:{port}",
        password=os.environ.get(PASSWORD_VARIABLE, ""),
        reg_interval=REGISTERED_S if options.domain else 0,
        transport=options.transport,
        audio_codecs=tuple(options.codecs.split(",")),
        extra_params=tuple(_parameters(options)),
    )
    recorder = Recorder(options.heard)
    try:
        agent = await UserAgent.create(runtime, account)
        phone = Softphone(agent, tone(options.tone, options.level), recorder, answers=bool(options.answers))
        phone.report("ready", str(port))
        if options.domain:
            await phone.register()
        await read_orders(phone)
        await phone.leave()
    finally:
        recorder.close()
        await runtime.close()


def main() -> None:
    """Parse the options and run; see `gateway.demo.phone` for whoever starts this."""
    parser = argparse.ArgumentParser(description="A softphone that obeys JSON lines.")
    parser.add_argument("--name", required=True)
    parser.add_argument("--heard", type=Path, required=True, help="WAV file for everything heard")
    parser.add_argument("--host", default="127.0.0.1", help="the IPv4 address of its SIP and RTP")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--transport", choices=("udp", "tcp"), default="udp", help="what it is called over")
    parser.add_argument("--proxy", default="", help="host:port that calls go to, whatever host they name")
    parser.add_argument("--domain", default="", help="where it registers; nowhere when empty")
    parser.add_argument("--encryption", default="", help="srtp or srtp-mand; none when empty")
    parser.add_argument("--codecs", default="pcmu,pcma", help="in order of preference, as baresip names them")
    parser.add_argument("--parameters", default="", help="more of its account, as baresip writes them")
    parser.add_argument("--tone", type=int, default=0, help="Hz; 0 for silence")
    parser.add_argument("--level", type=float, default=-20.0, help="dBov")
    parser.add_argument("--answers", type=int, choices=(0, 1), default=1)
    parser.add_argument("--traced", type=int, choices=(0, 1), default=0, help="log every SIP message")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
