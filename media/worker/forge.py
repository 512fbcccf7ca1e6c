"""A process that has loaded everything, and forks workers, which share its memory until they write to it.

So a worker costs some megabytes instead of a hundred and is there in an instant. The process itself has one
thread and does nothing else.
"""

import gc
import os
import signal
import socket
import traceback
from collections.abc import Callable
from functools import partial

from media.control.lending import FORKED
from media.thrift import give_back

DESCRIPTORS = 2
"""With each request: the worker's ends of its control and of its lending channel."""


def forge(channel: socket.socket, work: Callable[[int, int], None]) -> None:
    """Fork a worker for each request, until the gateway goes."""
    give_back()
    # What is there is never to be collected: looking at it would make copies of it.
    gc.freeze()
    signal.signal(signal.SIGCHLD, lambda *_: _bury())
    while True:
        request, descriptors, _, _ = socket.recv_fds(channel, 1, DESCRIPTORS)
        if not request:
            return
        # No child is buried before it has a descriptor, so that its number is not another's by then.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if not pid:
            _become_worker(channel, partial(work, *descriptors))
        process = os.pidfd_open(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        for descriptor in descriptors:
            os.close(descriptor)
        socket.send_fds(channel, [FORKED.pack(pid)], [process])
        os.close(process)


def _become_worker(channel: socket.socket, work: Callable[[], None]) -> None:
    """Does not return."""
    status = 1
    try:
        os.setsid()
        channel.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        work()
        status = 0
    except BaseException:
        # As Python would tell it, which does not come to that: a child never goes on with its parent's code.
        traceback.print_exc()
    finally:
        os._exit(status)


def _bury() -> None:
    """Children that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return
