"""What the resources look up before they act."""

from gateway.errors import NotFound
from gateway.store.base import Store
from gateway.store.records import ApplicationRecord, UserRecord


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
