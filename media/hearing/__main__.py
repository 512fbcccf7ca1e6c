"""`python -m media.hearing --control-fd N`: started by the gateway, ends with it."""

import argparse
import socket

from media.hearing.process import HearingProcess


def main() -> None:
    """Serve the gateway at the other end of an inherited socket."""
    parser = argparse.ArgumentParser(prog="python -m media.hearing")
    parser.add_argument("--control-fd", type=int, required=True, help="the inherited unix socket")
    arguments = parser.parse_args()
    with socket.socket(fileno=arguments.control_fd) as connection:
        HearingProcess(connection).run()


if __name__ == "__main__":
    main()
