"""NCCO: from JSON to typed actions, or an error that names the action, the option and the reason.

The rules of form are those of the NCCO reference. Actions and options that are not known are refused, not
ignored: a caller who hears nothing is worse served than a developer who reads why.
"""

import msgspec

from gateway.ncco.actions.base import Action
from gateway.ncco.actions.connect import Connect, check_connect
from gateway.ncco.actions.conversation import Conversation, check_conversation
from gateway.ncco.actions.input import Input, check_input
from gateway.ncco.actions.notify import Notify
from gateway.ncco.actions.pay import Pay
from gateway.ncco.actions.record import Record
from gateway.ncco.actions.selective import SelectiveAction, check_selective
from gateway.ncco.actions.stream import StreamAction
from gateway.ncco.actions.talk import Talk
from gateway.ncco.actions.transfer import Transfer
from gateway.ncco.actions.wait import Wait
from gateway.reading import fold, invalid, read
from gateway.store.records import Json

MAX_ACTIONS = 100
"""Actions in one NCCO (the sources publish no limit)."""

ACTIONS: dict[str, type[Action]] = {
    "talk": Talk,
    "stream": StreamAction,
    "input": Input,
    "connect": Connect,
    "conversation": Conversation,
    "record": Record,
    "notify": Notify,
    "pay": Pay,
    "wait": Wait,
    "transfer": Transfer,
}

ALIASES = {
    "connect": {"timeOut": "timeout", "ringback": "ringbackTone"},
    "record": {"timeout": "timeOut"},
    "input": {"timeout": "timeOut"},
    "wait": {"timeOut": "timeout"},
}
"""Other spellings, seen in published samples."""

Ncco = tuple[Action, ...]


def read_ncco(value: object, where: str = "ncco") -> Ncco:
    """The actions of an NCCO. Raises Invalid naming the place, for example `ncco[1].input.dtmf.maxDigits`."""
    if not isinstance(value, list):
        raise invalid(where, "an NCCO is a JSON array of actions")
    if len(value) > MAX_ACTIONS:
        raise invalid(where, f"at most {MAX_ACTIONS} actions")
    return tuple(_read_action(item, f"{where}[{index}]") for index, item in enumerate(value))


def write_ncco(actions: Ncco) -> list[Json]:
    """The actions as JSON, with what was said of them: `read_ncco` gives the same again."""
    written: list[Json] = msgspec.to_builtins(actions)
    return written


def _read_action(value: object, place: str) -> Action:
    folded = fold(value)
    if not isinstance(folded, dict):
        raise invalid(place, "an action is a JSON object")
    name = folded.get("action")
    if not isinstance(name, str) or name not in ACTIONS:
        raise invalid(f"{place}.action", f"{name!r} is not one of {', '.join(sorted(ACTIONS))}")
    place = f"{place}.{name}"
    aliases = ALIASES.get(name, {})
    options: dict[str, object] = {aliases.get(str(key), str(key)): item for key, item in folded.items()}
    action: Action = read(ACTIONS[name], options, place)
    match action:
        case Connect():
            check_connect(action, place)
        case Input():
            check_input(action, place)
        case Conversation():
            check_conversation(action, place)
        case SelectiveAction():
            check_selective(action, place)
        case _:
            pass
    return action
