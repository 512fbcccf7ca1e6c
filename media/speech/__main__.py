"""`python -m media.speech --control-fd N --cache DIR`: started by the gateway, ends with it."""

import argparse
import os
import socket
import threading
from contextlib import suppress
from pathlib import Path

import msgspec

from media.control.remote_speech import VARIABLE, RemoteSpeech
from media.errors import Unspeakable
from media.speech.cache import Cache
from media.speech.engines import engines
from media.speech.hibari import Hibari
from media.speech.process import SpeechProcess
from media.speech.speaker import Speaker
from media.thrift import give_back

NICENESS = 10
"""Speech is made ahead of time; the audio of calls is not, and comes first."""


def main() -> None:
    """Serve the gateway at the other end of an inherited socket."""
    parser = argparse.ArgumentParser(prog="python -m media.speech")
    parser.add_argument("--control-fd", type=int, required=True, help="the inherited unix socket")
    parser.add_argument("--cache", type=Path, required=True, help="the folder for finished speech")
    arguments = parser.parse_args()
    os.nice(NICENESS)
    # Taken out of the environment, so that no program that is run from here sees the key.
    remote = msgspec.json.decode(os.environ.pop(VARIABLE, "{}"), type=RemoteSpeech)
    hibari = Hibari(arguments.cache)
    speaker = Speaker(engines(remote, hibari), Cache(arguments.cache))
    threading.Thread(target=_warm, args=(hibari,), name="warm").start()
    with socket.socket(fileno=arguments.control_fd) as connection:
        SpeechProcess(connection, speaker).run()


def _warm(hibari: Hibari) -> None:
    """The first caller should not wait for the model; if it cannot be loaded, the first text says why."""
    with suppress(Unspeakable):
        hibari.warm()
    give_back()


if __name__ == "__main__":
    main()
