"""Whose leg it is that calls an endpoint: a user's, where the endpoint names one."""

from gateway.errors import Invalid
from gateway.routing.endpoints import AppEndpoint, Dialled
from gateway.store.base import Store
from gateway.store.records import ApplicationRecord, UserRecord


async def user_called(store: Store, application: ApplicationRecord, endpoint: Dialled) -> UserRecord | None:
    """The user whom an app endpoint names; None for every other endpoint. Raises Invalid for a stranger."""
    if not isinstance(endpoint, AppEndpoint):
        return None
    user = await store.user_by_name(application.id, endpoint.user)
    if user is None:
        reason = f"the application has no user of the name {endpoint.user!r}"
        raise Invalid(reason, to=reason)
    return user
