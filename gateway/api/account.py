"""The account itself: balance and settings (Account API)."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.fields import Url
from gateway.api.number_bodies import Done
from gateway.api.numbers import BOTH
from gateway.api.replies import FORM, Reply
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.api.xml_answers import Document, answer
from gateway.errors import Unauthorized

MESSAGES_PER_SECOND = 30
"""What the original tells; there are no messages here that it would limit."""

BALANCE = Document(root="accountBalance")
SETTINGS = Document(root="account-settings")


class Balance(msgspec.Struct, frozen=True, rename="camel"):
    """What is on the account, in euros."""

    value: float = 0.0
    auto_reload: bool = False


class ChangeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """POST /account/settings: what is left out stays, what is empty is unset."""

    mo_callback_url: Url | None = msgspec.field(name="moCallBackUrl", default=None)
    dr_callback_url: Url | None = msgspec.field(name="drCallBackUrl", default=None)


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """The settings, as they are now."""

    mo_callback_url: str
    dr_callback_url: str
    max_outbound_request: int = MESSAGES_PER_SECOND
    max_inbound_request: int = MESSAGES_PER_SECOND
    max_calls_per_second: int


class TopUp(msgspec.Struct, frozen=True):
    """POST /account/top-up."""

    trx: Annotated[str, Meta(min_length=1, max_length=255)]


class AutoReloadOff(Unauthorized):
    """There is nothing to top up from."""

    slug = "auto-reload"


async def balance(request: AccountRequest) -> web.Response:
    """GET /account/get-balance: nothing is charged here, so nothing is on the account."""
    return answer(request.http, Balance(), BALANCE)


async def top_up(request: AccountRequest) -> web.Response:
    """POST /account/top-up: as for every account without automatic payment, it is refused."""
    request.parameters(TopUp)
    raise AutoReloadOff("not auto-reload enabled")


async def change_settings(request: AccountRequest) -> web.Response:
    """POST /account/settings."""
    wanted = request.parameters(ChangeSettings)
    record = await request.services.accounts.set_callbacks(
        request.account,
        mo=_given(request, "moCallBackUrl", wanted.mo_callback_url),
        dr=_given(request, "drCallBackUrl", wanted.dr_callback_url),
    )
    settings = AccountSettings(
        mo_callback_url=record.mo_callback_url,
        dr_callback_url=record.dr_callback_url,
        max_calls_per_second=request.services.settings.limits.calls_per_second,
    )
    return answer(request.http, settings, SETTINGS)


def _given(request: AccountRequest, name: str, url: str | None) -> str | None:
    """The URL; "" when the field is there and empty, None when it is not there."""
    return "" if request.fields.get(name) == "" else url


ROUTES = (
    AccountRoute(
        method="GET",
        path="/account/get-balance",
        handler=balance,
        summary="Read the balance",
        reply=Reply(model=Balance, media_types=BOTH),
    ),
    AccountRoute(
        method="POST",
        path="/account/top-up",
        handler=top_up,
        summary="Top up the balance",
        body=TopUp,
        body_type=FORM,
        reply=Reply(model=Done, media_types=BOTH),
        refusals=(420,),
    ),
    AccountRoute(
        method="POST",
        path="/account/settings",
        handler=change_settings,
        summary="Change the settings of the account",
        body=ChangeSettings,
        body_type=FORM,
        reply=Reply(model=AccountSettings, media_types=BOTH),
        refusals=(420,),
    ),
)
