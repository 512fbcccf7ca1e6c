"""Bodies in XML."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from gateway.api.xml_answers import Document, dashed, write

pytestmark = pytest.mark.unit

NUMBERS = Document(root="inbound-numbers", rename=dashed, items={"features": "feature"})


def elements(value: dict[str, Any], document: Document = NUMBERS) -> str:
    text = write(value, document)
    return text.partition(f"<{document.root}>")[2].removesuffix(f"</{document.root}>")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"count": 2}, "<count>2</count>"),
        ({"autoReload": False}, "<auto-reload>false</auto-reload>"),
        ({"moHttpUrl": "a&b<c>"}, "<mo-http-url>a&amp;b&lt;c&gt;</mo-http-url>"),
        ({"numbers": [{"a": 1}, {"a": 2}]}, "<numbers><a>1</a></numbers><numbers><a>2</a></numbers>"),
        (
            {"features": ["VOICE", "SMS"]},
            "<features><feature>VOICE</feature><feature>SMS</feature></features>",
        ),
        ({"features": []}, "<features></features>"),
        ({"name": "a\x00\x0b\ufffe b"}, "<name>a\ufffd\ufffd\ufffd b</name>"),
    ],
)
def test_members_are_elements(value: dict[str, Any], written: str) -> None:
    assert elements(value) == written


def test_names_stay_where_they_are_not_dashed() -> None:
    assert elements({"autoReload": True}, Document(root="accountBalance")) == "<autoReload>true</autoReload>"


def test_a_reader_of_xml_reads_it() -> None:
    text = write({"name": "Zoë & <co>\ud800\x1b\U0001f600"}, NUMBERS)
    assert ET.fromstring(text.encode()).findtext("name") == "Zoë & <co>\ufffd\ufffd\U0001f600"
