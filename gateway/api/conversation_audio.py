"""Conversations: speak and play to everybody in one, and record it (Voice API, recording)."""

from aiohttp import web

from gateway.api.audio import SOUNDS, Act, Done, RecordConversation, done
from gateway.api.lookups import conversation_of
from gateway.api.replies import NOTHING, Reply
from gateway.api.requests import VersionedHandler, VersionedRequest
from gateway.api.rights import Right
from gateway.api.routes import VersionedRoute
from gateway.ports import Everybody


def _handler(act: Act) -> VersionedHandler:
    async def handle(request: VersionedRequest) -> web.Response:
        conversation = await conversation_of(request)
        await act.carry_out(request, Everybody(conversation_id=conversation.id))
        return done(act.message, conversation.id)

    return handle


async def record(request: VersionedRequest) -> web.Response:
    """PUT /conversations/{id}/record."""
    everybody = Everybody(conversation_id=(await conversation_of(request)).id)
    wanted = await request.body(RecordConversation)
    studio = request.services.studio
    if wanted.action == "start":
        await studio.record(request.tenant, everybody, wanted.recording())
    else:
        await studio.stop_recording(request.tenant, everybody)
    return web.Response(status=204)


ROUTES = (
    VersionedRoute(
        method="PUT",
        path="/conversations/{conversation_id}/record",
        handler=record,
        needs=Right.JOINED,
        summary="Record a conversation, or stop that",
        body=RecordConversation,
        reply=NOTHING,
    ),
    *(
        VersionedRoute(
            method="DELETE" if act.stops else "PUT",
            path=f"/conversations/{{conversation_id}}/{act.name}",
            handler=_handler(act),
            needs=Right.JOINED,
            summary=f"{act.summary} in a conversation",
            body=act.body,
            reply=Reply(model=Done),
        )
        for act in SOUNDS
    ),
)
