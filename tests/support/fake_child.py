"""A process to supervise: `python -m tests.support.fake_child` speaks the control contract and does as told.

What is asked of it names what it does: a leg "refuse" is refused, a play "hang" never ends, a leg "die" kills
the process, "mute" makes it deaf to pings. Everything else succeeds at once.
"""

import os
import signal
import socket
import sys
import time

from media.control import (
    AnyCommand,
    CloseLeg,
    Drain,
    Dtmf,
    Framer,
    LegQuality,
    Notice,
    OpenRtp,
    OpenWebsocket,
    Ping,
    Play,
    PlayDone,
    Pong,
    Ready,
    RecordingDone,
    Refused,
    RtpOpened,
    SendDtmf,
    Serve,
    Serving,
    SetAudio,
    Settle,
    Settled,
    Speak,
    Speaking,
    SpeechFailed,
    Spoken,
    StartRecording,
    StopPlay,
    WebsocketFailed,
    WebsocketOpened,
    decode_command,
    encode,
)

PORT = 20_002


def answer(command: AnyCommand) -> list[Notice]:  # noqa: C901 - a table
    """What this process says to a command."""
    match command:
        case Ping(nonce=nonce):
            return [
                Pong(nonce=nonce, legs=0, ticks=nonce, late_p99_us=0.0, busy_p99_us=0.0, dropped_packets=0)
            ]
        case Serve():
            return [Serving(fingerprint="AB:CD")]
        case Settle():
            return [Settled()]
        case OpenRtp(leg="refuse"):
            return [Refused(command="OpenRtp", subject="refuse", reason="not today")]
        case CloseLeg(leg="unknown"):
            return [Refused(command="CloseLeg", subject="unknown", reason="there is no such leg")]
        case OpenRtp(leg="silent"):
            return []
        case OpenRtp(leg=leg):
            return [RtpOpened(leg=leg, port=PORT)]
        case OpenWebsocket(leg="refuse"):
            return [WebsocketFailed(leg="refuse", reason="no such page", status=404)]
        case OpenWebsocket(leg=leg):
            return [WebsocketOpened(leg=leg)]
        case CloseLeg(leg=leg):
            return [quality_of(leg)]
        case Play(play="refuse"):
            return [Refused(command="Play", subject="refuse", reason="no such file")]
        case Play(play="hang"):
            return []
        case Play(play=play):
            return [PlayDone(play=play, outcome="played")]
        case StopPlay(play=play):
            return [PlayDone(play=play, outcome="stopped")]
        case SendDtmf(leg=leg, digits=digits):
            return [Dtmf(leg=leg, digit=digit, duration_ms=100) for digit in digits]
        case SetAudio(leg=leg, voice_level=level) if level:
            return [Speaking(leg=leg, speaks=True, level_dbov=-level)]
        case StartRecording(recording="refuse"):
            return [Refused(command="StartRecording", subject="refuse", reason="there is no such room")]
        case StartRecording(recording=recording, path=path):
            return [RecordingDone(recording=recording, path=path, size=44, duration_s=0.0, channels=1)]
        case Speak(text="hang"):
            return []
        case Speak(speech=speech, text="refuse"):
            return [SpeechFailed(speech=speech, reason="no voice for it")]
        case Speak(speech=speech, text=text):
            return [Spoken(speech=speech, path=f"/speech/{text}.wav", duration_s=1.0, voice="test")]
        case _:
            return []


def quality_of(leg: str) -> LegQuality:
    """Plain figures."""
    return LegQuality(
        leg=leg,
        packets_received=50,
        packets_lost=0,
        packets_sent=50,
        octets_received=8000,
        octets_sent=8000,
        jitter_ms=1.0,
        round_trip_ms=None,
    )


def main(arguments: list[str]) -> None:
    """Serve the control channel in the way that the first argument names."""
    manner = arguments[0] if not arguments[0].startswith("--") else "well"
    if manner == "fail":
        sys.exit(3)
    with socket.socket(fileno=int(arguments[arguments.index("--control-fd") + 1])) as channel:
        if manner != "never-ready":
            # In one write, so that garbage always comes in with what is to be heard before it.
            channel.sendall(
                encode(Ready(pid=os.getpid())) + (b"\xff\xff\xff\xff" if manner == "garbage" else b"")
            )
        serve(channel, manner)


def serve(channel: socket.socket, manner: str) -> None:
    """Until the gateway goes, or says so."""
    framer = Framer()
    deaf = False
    while data := channel.recv(65536):
        for command in map(decode_command, framer.feed(data)):
            match command:
                case Drain() if manner == "stubborn":
                    continue
                case Drain():
                    return
                case OpenRtp(leg="die"):
                    os.kill(os.getpid(), signal.SIGKILL)
                case OpenRtp(leg="mute"):
                    deaf = True
                case OpenRtp(leg="linger"):
                    channel.close()
                    time.sleep(60)
                case Ping() if deaf:
                    continue
                case Ping() if manner == "thoughtful":
                    time.sleep(0.05)
                    channel.sendall(b"".join(map(encode, answer(command))))
                case Settle() if manner == "slow":
                    # Longer than a worker may be silent otherwise.
                    time.sleep(1.2)
                    channel.sendall(encode(Settled()))
                case _:
                    channel.sendall(b"".join(map(encode, answer(command))))


if __name__ == "__main__":
    main(sys.argv[1:])
