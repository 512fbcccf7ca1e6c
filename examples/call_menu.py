"""A call menu: the caller presses a digit and hears which one it was.

Run it like `hello.py`.
"""

from examples.voice import Fields, Ncco, ask_digits, run, talk, webhooks


def answer(_: Fields) -> Ncco:
    return [talk("Hello. Please press a digit."), ask_digits("dtmf")]


def dtmf(fields: Fields) -> Ncco:
    digit = fields["dtmf"]["digits"]
    if digit is None:
        return [talk("You pressed nothing. Good bye.")]
    return [talk(f"You pressed {digit}. Good bye.")]


app = webhooks(answer=answer, dtmf=dtmf)

if __name__ == "__main__":
    run(app)
