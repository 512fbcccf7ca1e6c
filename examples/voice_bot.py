"""A voice bot: it asks for a city, understands what is said, tells the weather there and asks again.

Run it like `hello.py`.
"""

from examples.voice import URL, Fields, Ncco, run, talk, webhooks

WEATHER = {"london": "rainy", "madrid": "sunny", "oslo": "snowy"}


def listen() -> Ncco:
    speech = {
        "context": [*WEATHER, "good bye"],
        "endOnSilence": 1,
        "startTimeout": 10,
        "language": "en-US",
    }
    return [{"action": "input", "type": ["speech"], "speech": speech, "eventUrl": [f"{URL}/speech"]}]


def answer(_: Fields) -> Ncco:
    return [talk("Hello. Which city do you want the weather of?"), *listen()]


def speech(fields: Fields) -> Ncco:
    results = fields["speech"].get("results") or []
    heard = results[0]["text"].lower() if results else ""
    print("heard:", heard)
    if heard == "good bye":
        return [talk("Good bye.")]
    if heard not in WEATHER:
        return [talk("I did not understand. Say London, Madrid or Oslo."), *listen()]
    return [talk(f"The weather in {heard} is {WEATHER[heard]}. Which other city?"), *listen()]


app = webhooks(answer=answer, speech=speech)

if __name__ == "__main__":
    run(app)
