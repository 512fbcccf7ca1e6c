"""`python -m media.hearing --control-fd N`: started by the gateway, ends with it."""

import argparse
import os
import socket

from media.hearing.process import HearingProcess
from media.hearing.recognisers.choice import installed

NICENESS = 5
"""A caller waits for what is understood, but the audio of calls comes first."""


def main() -> None:
    """Serve the gateway at the other end of an inherited socket."""
    parser = argparse.ArgumentParser(prog="python -m media.hearing")
    parser.add_argument("--control-fd", type=int, required=True, help="the inherited unix socket")
    arguments = parser.parse_args()
    os.nice(NICENESS)
    with socket.socket(fileno=arguments.control_fd) as connection:
        HearingProcess(connection, installed()).run()


if __name__ == "__main__":
    main()
