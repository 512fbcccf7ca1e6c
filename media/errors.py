"""What can go wrong in the media plane, as one tree.

    MediaError
    ├── Unreadable    a file that is not audio we can read, or too much of it
    ├── Unwritable    a file that cannot be created or cannot grow: a full disk
    ├── Malformed     bytes from a peer that break their format
    ├── Unspeakable   a text that cannot be said: no voice, broken SSML, too long
    ├── Unrecognisable   speech that no recogniser could be asked about: none is installed, or it failed
    └── IllegalTransition   an event that a state machine does not know in its state: a fault of ours

The message of each is a reason that an operator, or the author of an application, can act upon.
"""


class MediaError(Exception):
    """Something that the media plane refuses or could not do; the message says why."""


class Unreadable(MediaError):
    """A file that is not audio we can read, or too much of it."""


class Unwritable(MediaError):
    """A file that cannot be created or cannot grow."""


class Malformed(MediaError):
    """Bytes from a peer that break their format."""


class Unspeakable(MediaError):
    """A text that cannot be said."""


class Unrecognisable(MediaError):
    """Speech that no recogniser could be asked about."""


class IllegalTransition(MediaError):
    """An event that a state machine does not know in its state: a fault of ours."""
