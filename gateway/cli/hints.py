"""What to do next when the gateway refuses."""

import re

_REFUSED = {
    401: "The gateway does not know these credentials. Is it serving another data directory, or was the "
    "application removed?",
    429: "Too many at once. Try again in a second.",
}

_ABSENT = (
    (re.compile(r"/conversations/([^/?]+)/members/."), "`cordboard member list {0}` shows its members."),
    (re.compile(r"/conversations/([^/?]+)/events/."), "`cordboard event list {0}` shows its events."),
    (
        re.compile(r"/conversations/."),
        "`cordboard conversation list` shows all; --app names another application.",
    ),
    (re.compile(r"/psip/([^/?]+)/users/."), "`cordboard sip user list {0}` shows its users."),
    (re.compile(r"/trunks/."), "`cordboard trunk list` shows all."),
    (re.compile(r"/psip/."), "`cordboard sip domain list` shows all."),
    (re.compile(r"/users/."), "`cordboard user list` shows all; --app names another application."),
    (re.compile(r"/(?:legs|calls)/."), "`cordboard leg list` shows all; --app names another application."),
    (re.compile(r"/applications/."), "`cordboard app list` shows all."),
    (re.compile(r"/media/."), "`cordboard media list` shows all."),
    (re.compile(r"/files/."), "`cordboard recording list` shows those that are finished."),
    (re.compile(r"/reports/."), "`cordboard report list` shows all."),
    (re.compile(r"/secrets/."), "`cordboard secret list` shows all."),
)
"""By the path that was not there; the first that fits."""


def hint(status: int, path: str) -> str:
    """A sentence for whoever typed the command; empty when there is nothing to say."""
    if status == 404:
        for pattern, words in _ABSENT:
            if found := pattern.search(path):
                return words.format(*found.groups())
    return _REFUSED.get(status, "")
