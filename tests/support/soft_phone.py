"""A telephone of other codecs: encodes and decodes with FFmpeg, seals with libsrtp, knows nothing of ours."""

import asyncio
import itertools
import statistics
import struct
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Self

import av
import numpy as np
import pylibsrtp
from numpy.typing import NDArray

from media.control import Codec, SdesKeys, StartRtp
from tests.support.media_worker import PATIENCE_S

Samples = NDArray[np.int16]

PROFILES = {
    "AES_CM_128_HMAC_SHA1_80": pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AES_CM_128_HMAC_SHA1_32": pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
    "AEAD_AES_128_GCM": pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
}


@dataclass(frozen=True)
class Sort:
    """What a telephone speaks: FFmpeg's name, RTP clock, rate of samples, payload type."""

    codec: Codec
    ffmpeg: str
    clock: int
    rate: int
    payload_type: int


SORTS = {
    sort.codec: sort
    for sort in (
        Sort("PCMU", "pcm_mulaw", 8000, 8000, 0),
        Sort("PCMA", "pcm_alaw", 8000, 8000, 8),
        Sort("G722", "g722", 8000, 16_000, 9),
        Sort("L16", "pcm_s16be", 16_000, 16_000, 96),
        Sort("opus", "libopus", 48_000, 48_000, 111),
    )
}


class SoftPhone(asyncio.DatagramProtocol):
    """Says a tone for ever, in packets of `ptime_ms`, and keeps what it hears as packets."""

    def __init__(self, codec: Codec, tone_hz: int, keys: SdesKeys | None = None, ptime_ms: int = 20) -> None:
        self.sort = SORTS[codec]
        self.tone_hz = tone_hz
        self.ptime_ms = ptime_ms
        self.packets: deque[bytes] = deque(maxlen=5000)
        """Plain RTP, as far as it could be opened."""
        self.reports: deque[bytes] = deque(maxlen=100)
        """RTCP that came on the RTP port."""
        self.unreadable = 0
        self.lose: set[int] = set()
        """Packets, counted from 0, that are not sent."""
        self.sent: deque[bytes] = deque(maxlen=1000)
        self._instead: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._count = 0
        self._sequence = 65_500
        self._timestamp = 2**32 - 48_000
        self._peer: tuple[str, int] | None = None
        self.ssrc: int | None = None
        """Its port, unless told otherwise."""
        self.rekey(keys)

    def rekey(self, keys: SdesKeys | None) -> None:
        """Seal and open by other keys from now on."""
        self.keys = keys
        if keys is not None:
            # The telephone's end: what the worker is told as the peer's is its own.
            self._sealer = self._session(keys.peer_suite, keys.peer_key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
            self._opener = self._session(keys.suite, keys.key, pylibsrtp.Policy.SSRC_ANY_INBOUND)

    @staticmethod
    def _session(suite: str, key: bytes, direction: int) -> pylibsrtp.Session:
        policy = pylibsrtp.Policy(key=key, ssrc_type=direction, srtp_profile=PROFILES[suite])
        return pylibsrtp.Session(policy=policy)

    async def __aenter__(self) -> Self:
        self._payloads = self._encode()
        await self._bind()
        self._mouth = asyncio.create_task(self._speak())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._mouth.cancel()
        await asyncio.gather(self._mouth, return_exceptions=True)
        self._transport.close()

    async def move(self) -> None:
        """Go on from another port, as behind a NAT that has forgotten the old one."""
        self.ssrc = self.ssrc or self.port
        old = self._transport
        await self._bind()
        old.close()

    async def _bind(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port: int = self._transport.get_extra_info("sockname")[1]

    def fileno(self) -> int:
        """Of its socket."""
        number: int = self._transport.get_extra_info("socket").fileno()
        return number

    def follow(self, other: "SoftPhone", ahead: int = 0) -> None:
        """Pretend to be another telephone, which is so many packets behind."""
        self.ssrc = other.ssrc or other.port
        self._sequence = other._sequence + ahead & 0xFFFF

    def start(self, leg: str, **changes: object) -> StartRtp:
        """The command that makes a leg this telephone's."""
        fields: dict[str, object] = {
            "remote_host": "127.0.0.1",
            "remote_port": self.port,
            "codec": self.sort.codec,
            "payload_type": self.sort.payload_type,
            "dtmf_payload_type": 101,
            "ptime_ms": self.ptime_ms,
            "security": self.keys,
        }
        return StartRtp(leg=leg, **{**fields, **changes})  # type: ignore[arg-type]

    def datagram_received(self, data: bytes, _source: tuple[str, int]) -> None:
        is_report = 192 <= data[1] < 224
        try:
            if self.keys is not None:
                data = self._opener.unprotect_rtcp(data) if is_report else self._opener.unprotect(data)
        except pylibsrtp.Error:
            self.unreadable += 1
            return
        (self.reports if is_report else self.packets).append(data)
        self._news.set()

    def speak_to(self, port: int) -> None:
        """Say the tone to this port from now on."""
        self._peer = ("127.0.0.1", port)

    def hush(self) -> None:
        """Say nothing more."""
        self._peer = None

    def press(self, code: int, rate: int = 8000) -> None:
        """Send one telephone-event of 120 ms, payload type 101, as eight packets at once."""
        # No two presses are at one time: the second would pass for the first, come again.
        self._timestamp = (self._timestamp + 1) & 0xFFFFFFFF
        for step in range(8):
            duration = min(step + 1, 6) * rate // 50
            event = struct.pack("!BBH", code, 0x80 if step > 4 else 0, duration)
            self.send(101, event)

    def send(self, payload_type: int, payload: bytes) -> None:
        """Send a packet at the current time."""
        assert self._peer is not None
        ssrc = self.port if self.ssrc is None else self.ssrc
        packet = struct.pack("!BBHII", 0x80, payload_type, self._sequence, self._timestamp, ssrc)
        self._sequence = (self._sequence + 1) & 0xFFFF
        packet += payload
        if self.keys is not None:
            packet = self._sealer.protect(packet)
        self.sent.append(packet)
        self._transport.sendto(packet, self._peer)

    def send_raw(self, data: bytes) -> None:
        """Send octets that need not be a packet."""
        assert self._peer is not None
        self._transport.sendto(data, self._peer)

    async def listen(self, seconds: float = 1.0, rate: int = 8000) -> Samples:
        """What comes in from now on, decoded, at `rate` Hz."""
        before, wanted = len(self.packets), seconds * self.sort.clock
        first = None
        async with asyncio.timeout(PATIENCE_S + seconds):
            while True:
                audio = [p for p in list(self.packets)[before:] if p[1] & 0x7F == self.sort.payload_type]
                if audio:
                    first = timestamp(audio[0])
                    if (timestamp(audio[-1]) - first) & 0xFFFFFFFF >= wanted:
                        return self._decode([packet[12:] for packet in audio], rate)
                self._news.clear()
                await self._news.wait()

    async def reported(self) -> None:
        """Wait for a report on the RTP port."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.reports:
                self._news.clear()
                await self._news.wait()

    def send_tones(self, *tones_hz: int) -> None:
        """Say these tones for 200 ms, once."""
        self._instead += self._encode(tones_hz)[: 200 // self.ptime_ms]

    def _encode(self, tones_hz: tuple[int, ...] | None = None) -> list[bytes]:
        """Packets of three seconds of tones, which close upon themselves."""
        rate, samples = self.sort.rate, self.sort.rate * self.ptime_ms // 1000
        count = 3000 // self.ptime_ms
        at = np.arange(samples * count) / rate
        waves = [np.sin(2 * np.pi * hertz * at) for hertz in tones_hz or (self.tone_hz,)]
        tone = (3277 * np.sqrt(2) * np.sum(waves, axis=0)).astype(np.int16)
        encoder = ffmpeg(self.sort.ffmpeg, "w", rate)
        encoder.time_base = Fraction(1, rate)
        if self.sort.ffmpeg == "libopus":
            encoder.options = {"frame_duration": str(self.ptime_ms), "application": "voip"}
        payloads = []
        for k in range(count):
            part = tone[k * samples : (k + 1) * samples]
            frame = av.AudioFrame.from_ndarray(part.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts = rate, k * samples
            payloads += [bytes(packet) for packet in encoder.encode(frame)]
        if self.sort.ffmpeg == "libopus":
            return payloads
        stream = b"".join(payloads)
        octets = len(stream) // count
        return [stream[at : at + octets] for at in range(0, len(stream), octets)]

    def _decode(self, payloads: list[bytes], rate: int) -> Samples:
        decoder = ffmpeg(self.sort.ffmpeg, "r", self.sort.rate)
        resampler = av.AudioResampler("s16", "mono", rate)
        parts = []
        for payload in payloads:
            for frame in decoder.decode(av.Packet(payload)):
                parts += [out.to_ndarray().reshape(-1) for out in resampler.resample(frame)]
        joined: NDArray[np.int16] = np.concatenate(parts).astype(np.int16)
        return joined

    async def _speak(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if self._peer is not None:
                if self._count not in self.lose:
                    usual = self._payloads[self._count % len(self._payloads)]
                    self.send(self.sort.payload_type, self._instead.popleft() if self._instead else usual)
                else:
                    self._sequence = (self._sequence + 1) & 0xFFFF
                self._count += 1
            self._timestamp = (self._timestamp + self.sort.clock * self.ptime_ms // 1000) & 0xFFFFFFFF
            due += self.ptime_ms / 1000
            await asyncio.sleep(max(due - loop.time(), 0))


def ffmpeg(name: str, mode: Literal["r", "w"], rate: int) -> av.AudioCodecContext:
    """FFmpeg's decoder ("r") or encoder ("w") of that name."""
    codec = av.CodecContext.create(name, mode)
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout = rate, "mono"
    if mode == "w":
        codec.format = "s16"
    return codec


def timestamp(packet: bytes) -> int:
    """Of an RTP packet."""
    return int.from_bytes(packet[4:8], "big")


def sequence(packet: bytes) -> int:
    """Of an RTP packet."""
    return int.from_bytes(packet[2:4], "big")


def usual_step(phone: SoftPhone) -> int:
    """Of the timestamps from one packet of audio to the next: a busy worker may leave one out."""
    heard = [packet for packet in phone.packets if packet[1] & 0x7F == phone.sort.payload_type]
    steps = [
        (timestamp(later) - timestamp(packet)) & 0xFFFFFFFF
        for packet, later in itertools.pairwise(heard)
        if (sequence(later) - sequence(packet)) & 0xFFFF == 1
    ]
    return statistics.mode(steps)
