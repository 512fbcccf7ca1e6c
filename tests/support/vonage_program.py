"""A customer's program: one call of the official `vonage` SDK, its result as JSON on standard output.

python -m tests.support.vonage_program HOST:PORT APPLICATION_ID KEY_FILE create|get|list|hangup [ARGUMENTS]
"""

import sys
from pathlib import Path

import msgspec
from vonage import Auth, HttpClientOptions, Vonage
from vonage_voice import CreateCallRequest, Talk  # type: ignore[import-untyped]
from vonage_voice.models import Phone, Sip  # type: ignore[import-untyped]

MESSAGE = (
    "Hello, this is a call that the official library has made. It goes on for some seconds, so stay with us. "
)


def run(client: Vonage, verb: str, *words: str) -> object:
    """What the SDK answered, as plain values."""
    voice = client.voice
    if verb == "create":
        uri, number = words
        request = CreateCallRequest(
            ncco=[Talk(text=MESSAGE * 4)], to=[Sip(uri=uri)], from_=Phone(number=number)
        )
        return voice.create_call(request).model_dump(mode="json")
    if verb == "get":
        return voice.get_call(words[0]).model_dump(mode="json")
    if verb == "list":
        calls, _ = voice.list_calls()
        return [call.model_dump(mode="json") for call in calls]
    voice.hangup(words[0])
    return {}


def main() -> None:
    """Parse the arguments and run."""
    host, application_id, key, *words = sys.argv[1:]
    auth = Auth(application_id=application_id, private_key=Path(key).read_text())
    client = Vonage(auth, HttpClientOptions(api_host=host, rest_host=host))
    sys.stdout.write(msgspec.json.encode(run(client, *words)).decode())


if __name__ == "__main__":
    main()
