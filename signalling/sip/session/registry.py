"""Every live session of an endpoint, by its handle, its dialog and its INVITE."""

from collections.abc import Iterator

from signalling.sip.calls import CallHandle
from signalling.sip.errors import LocalSipError
from signalling.sip.session.session import Session
from signalling.sip.transaction.server import ServerTransaction


class Registry:
    """The sessions that have not ended."""

    def __init__(self) -> None:
        self._by_handle: dict[CallHandle, Session] = {}
        self._by_dialog: dict[tuple[str, str], Session] = {}

    def __len__(self) -> int:
        """How many calls live."""
        return len(self._by_handle)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._by_handle.values()))

    def __contains__(self, call: CallHandle) -> bool:
        return call in self._by_handle

    def add(self, session: Session) -> None:
        """Enter a new session."""
        self._by_handle[session.call] = session
        self._by_dialog[session.call_id, session.local_tag] = session

    def remove(self, session: Session) -> None:
        """Forget a session that ended."""
        del self._by_handle[session.call]
        del self._by_dialog[session.call_id, session.local_tag]

    def of_call(self, call: CallHandle) -> Session:
        """Find a session by its handle. Raises LocalSipError 481 when it ended or never was."""
        try:
            return self._by_handle[call]
        except KeyError:
            raise LocalSipError("unknown call", 481) from None

    def of_dialog(self, call_id: str, local_tag: str) -> Session | None:
        """Find a session by our half of its dialog's id."""
        return self._by_dialog.get((call_id, local_tag))

    def of_invite(self, transaction: ServerTransaction) -> Session | None:
        """Find the session whose INVITE waits for our final response."""
        session = self._by_dialog.get((transaction.request.call_id, transaction.local_tag))
        return session if session is not None and session.incoming is transaction else None
