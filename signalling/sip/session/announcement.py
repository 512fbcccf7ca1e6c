"""What our user is told of an INVITE that was let in: who calls whom, and what came with it."""

from signalling.sip.calls import CallHandle, Flow, IncomingCall
from signalling.sip.guard import Admitted
from signalling.sip.headers.identity import caller_of, user_and_host
from signalling.sip.headers.passed import passed
from signalling.sip.message import Request
from signalling.sip.session.replaces import Replaced


def announcement(
    call: CallHandle, request: Request, flow: Flow, admitted: Admitted, replaces: Replaced
) -> IncomingCall:
    """Put the INVITE into words. Whether what is asserted of the caller counts is for our user to say."""
    caller = caller_of(request, is_trusted=False)
    to_user, to_host = user_and_host(request.uri)
    return IncomingCall(
        call=call,
        to_user=to_user,
        to_host=to_host,
        from_user=caller.user,
        from_host=caller.host,
        from_display=caller.display_name,
        flow=flow,
        asserted_user=caller_of(request, is_trusted=True).user,
        headers=passed(request.headers),
        account=admitted.account,
        domain=admitted.domain,
        replaces=replaces.call,
        is_party=replaces.is_party,
    )
