"""HTML that cannot be forgotten to be escaped."""

from collections.abc import Sequence
from html import escape


class Markup(str):
    """HTML. Any other text is escaped where it becomes a part of it."""

    __slots__ = ()


def join(parts: Sequence[str]) -> Markup:
    """The parts one after another, texts escaped."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))


def element(name: str, *children: str, **attributes: str) -> Markup:
    """An element; `class_` stands for `class`."""
    shown = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{shown}>{join(children)}</{name}>")


def prose(text: str) -> Markup:
    """Paragraphs, parted by empty lines; what stands between backquotes is code."""
    return join([element("p", _coded(each)) for each in text.split("\n\n") if each.strip()])


def _coded(text: str) -> Markup:
    plain, *rest = text.split("`")
    parts: list[str] = [plain]
    for number, part in enumerate(rest):
        is_code = number % 2 == 0 and number < len(rest) - 1
        parts.append(element("code", part) if is_code else part)
    return join(parts)
