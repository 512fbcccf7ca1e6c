"""The registrar's memory: every binding by its address-of-record, bounded."""

from collections.abc import Iterator, Sequence

from signalling.sip.calls import Flow
from signalling.sip.registrar.binding import Aor, Binding

MAX_CONTACTS = 10
"""Of one address-of-record. The one that would expire first gives way to a new one: it was not
refreshed for the longest time, as by a phone that was unplugged."""


class BindingTable:
    """Bindings, those on connections by their flow too. What has expired is never shown."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._bindings: dict[Aor, tuple[Binding, ...]] = {}
        self._by_flow: dict[Flow, set[Aor]] = {}
        self._count = 0

    def __len__(self) -> int:
        """How many bindings there are, with those that no sweep has found expired yet."""
        return self._count

    def of(self, aor: Aor, now: float) -> tuple[Binding, ...]:
        """The contacts of one address-of-record, the preferred first."""
        live = [binding for binding in self._bindings.get(aor, ()) if binding.expires_at > now]
        return tuple(sorted(live, key=lambda binding: -binding.q))

    def items(self, now: float) -> Iterator[tuple[Aor, tuple[Binding, ...]]]:
        """Every address-of-record that has contacts."""
        for aor in list(self._bindings):
            if bindings := self.of(aor, now):
                yield aor, bindings

    def has_room(self, aor: Aor, bindings: Sequence[Binding]) -> bool:
        """Whether these could be the contacts of the address-of-record."""
        growth = min(len(bindings), MAX_CONTACTS) - len(self._bindings.get(aor, ()))
        return growth <= 0 or self._count + growth <= self._capacity

    def put(self, aor: Aor, bindings: Sequence[Binding]) -> None:
        """Make these the contacts of the address-of-record, the first MAX_CONTACTS of them."""
        kept = tuple(bindings)[:MAX_CONTACTS]
        before = self._bindings.pop(aor, ())
        self._count += len(kept) - len(before)
        for binding in before:
            self._unlink(aor, binding.flow)
        if kept:
            self._bindings[aor] = kept
        for binding in kept:
            if binding.flow.connection:
                self._by_flow.setdefault(binding.flow, set()).add(aor)

    def is_used(self, flow: Flow) -> bool:
        """Whether a phone is reached by this connection."""
        return flow in self._by_flow

    def closed(self, flow: Flow) -> list[Aor]:
        """A connection is gone: those whose contacts that changes."""
        changed = sorted(self._by_flow.get(flow, ()))
        for aor in changed:
            survivors = (_after_close(binding, flow) for binding in self._bindings[aor])
            self.put(aor, [binding for binding in survivors if binding is not None])
        return changed

    def sweep(self, now: float) -> list[Aor]:
        """Drop what has expired: those whose contacts that changes."""
        changed = [
            aor
            for aor, bindings in self._bindings.items()
            if any(binding.expires_at <= now for binding in bindings)
        ]
        for aor in changed:
            self.put(aor, self.of(aor, now))
        return changed

    def _unlink(self, aor: Aor, flow: Flow) -> None:
        aors = self._by_flow.get(flow)
        if aors is not None:
            aors.discard(aor)
            if not aors:
                del self._by_flow[flow]


def _after_close(binding: Binding, flow: Flow) -> Binding | None:
    return binding.after_close() if binding.flow == flow else binding
