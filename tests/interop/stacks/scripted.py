"""SIPp and sipsak in the table: they play scripts, and have no verbs of a phone."""

import asyncio
import shutil

from tests.interop.stacks.scenes import (
    BEN_HZ,
    HEARD_S,
    OFFICE,
    PASSWORD,
    TONE_HZ,
    House,
    Scene,
    hears,
    seconds,
)
from tests.support import interop

PLAYS: dict[str, dict[str, Scene]] = {interop.SIPP: {}, interop.SIPSAK: {}}
