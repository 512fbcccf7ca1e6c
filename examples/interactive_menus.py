"""Menus within menus: a caller who knows the way presses the keys without waiting for the end of a prompt.

Run it like `hello.py`.
"""

from examples.voice import Fields, Ncco, ask_digits, run, talk, webhooks

DEPARTMENTS = {"1": "sales", "2": "support"}
TOPICS = {"1": "your order", "2": "your bill"}


def menu(text: str, webhook: str) -> Ncco:
    """A prompt that a key cuts short, and the wait for that key."""
    return [talk(text, bargeIn=True), ask_digits(webhook)]


def answer(_: Fields) -> Ncco:
    return menu("Welcome. Press one for sales. Press two for support.", "department")


def department(fields: Fields) -> Ncco:
    chosen = DEPARTMENTS.get(fields["dtmf"]["digits"])
    if chosen is None:
        return menu("Please press one for sales or two for support.", "department")
    return menu(f"This is {chosen}. Press one for your order. Press two for your bill.", "topic")


def topic(fields: Fields) -> Ncco:
    chosen = TOPICS.get(fields["dtmf"]["digits"])
    if chosen is None:
        return menu("Please press one for your order or two for your bill.", "topic")
    return [talk(f"We will call you back about {chosen}. Good bye.")]


app = webhooks(answer=answer, department=department, topic=topic)

if __name__ == "__main__":
    run(app)
