"""What the resources look up before they act."""

from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.conversation.conversation import no_conversation
from gateway.errors import NotFound
from gateway.store.base import Store
from gateway.store.records import ApplicationRecord, ConversationRecord, MemberRecord, UserRecord


async def application_of(store: Store, application_id: str) -> ApplicationRecord:
    """The application. Raises NotFound."""
    application = await store.application(application_id)
    if application is None:
        raise NotFound("Application does not exist, or you do not have access.")
    return application


def known_user(user: UserRecord | None) -> UserRecord:
    """The user. Raises NotFound for an absent one."""
    if user is None:
        raise NotFound("User does not exist, or you do not have access.", code="user:error:not-found")
    return user


def known_conversation(conversation: ConversationRecord | None) -> ConversationRecord:
    """The conversation. Raises NotFound for an absent one."""
    if conversation is None:
        raise no_conversation()
    return conversation


def known_member(member: MemberRecord | None) -> MemberRecord:
    """The member. Raises NotFound for an absent one."""
    if member is None:
        raise NotFound(
            "Member does not exist, or you do not have access.", code="conversation:error:member-not-found"
        )
    return member


def changed_fields(change: msgspec.Struct) -> Mapping[str, Any]:
    """The fields of a change that are set, by name."""
    fields = msgspec.structs.asdict(change)
    return {name: value for name, value in fields.items() if value is not msgspec.UNSET}
