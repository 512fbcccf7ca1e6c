"""`python -m media.speech --control-fd N --cache DIR`: started by the gateway, ends with it."""

import argparse
import os
import socket
from pathlib import Path

from media.speech.cache import Cache
from media.speech.espeak import Espeak
from media.speech.hibari import Hibari
from media.speech.process import SpeechProcess
from media.speech.speaker import Speaker

NICENESS = 10
"""Speech is made ahead of time; the audio of calls is not, and comes first."""


def main() -> None:
    """Serve the gateway at the other end of an inherited socket."""
    parser = argparse.ArgumentParser(prog="python -m media.speech")
    parser.add_argument("--control-fd", type=int, required=True, help="the inherited unix socket")
    parser.add_argument("--cache", type=Path, required=True, help="the folder for finished speech")
    arguments = parser.parse_args()
    os.nice(NICENESS)
    speaker = Speaker([Hibari(), Espeak()], Cache(arguments.cache))
    with socket.socket(fileno=arguments.control_fd) as connection:
        SpeechProcess(connection, speaker).run()


if __name__ == "__main__":
    main()
