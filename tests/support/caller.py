"""Somebody on a phone who listens: what is said to them, as words."""

import asyncio

from gateway.demo.hearing import Pcm, is_speech_like, part, read_wav, tone_level_dbov
from gateway.demo.phone import Phone
from tests.support.hearing import SPOKEN_DBOV, UNHEARD_DBOV
from tests.support.waiting import LIMIT_S, until
from tests.support.words import words

LOOK_EVERY_S = 0.5
RATE_HZ = 8000
MIN_HEARD_DBOV = SPOKEN_DBOV - 6


class Caller:
    """A phone, and how far its person has listened."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self._began_s = self._listened_s = 0.0
        self._seen = 0

    async def hears(self, *phrases: str) -> None:
        """Wait until these words are said, or those; what was said before does not count any more."""
        said = ""
        try:
            async with asyncio.timeout(LIMIT_S):
                while not any(phrase in said for phrase in phrases):
                    await asyncio.sleep(LOOK_EVERY_S)
                    news = self._news()
                    said = await asyncio.to_thread(words, news) if is_speech_like(news) else ""
        except TimeoutError:
            raise AssertionError(f"{self.phone.name} does not hear {phrases} but {said!r}") from None
        self._listened_s += len(news) / RATE_HZ

    async def hears_tone(self, hertz: int, *, steady_s: float = 0.4) -> None:
        """Wait until a tone is heard."""
        await until(
            lambda: tone_level_dbov(self._news(), hertz, steady_s=steady_s) > MIN_HEARD_DBOV,
            f"{self.phone.name} hears {hertz} Hz",
            every_s=LOOK_EVERY_S,
        )

    async def hears_no_more(self, hertz: int) -> None:
        """Wait until a tone is not heard any more; what was heard before that does not count any more."""

        def is_gone() -> bool:
            latest = self._news()[-RATE_HZ:]
            return len(latest) == RATE_HZ and tone_level_dbov(latest, hertz, steady_s=0.4) < UNHEARD_DBOV

        await until(is_gone, f"{self.phone.name} does not hear {hertz} Hz any more", every_s=LOOK_EVERY_S)
        self._listened_s += len(self._news()) / RATE_HZ

    def heard(self) -> Pcm:
        """All that it has heard since it has been listened to."""
        return part(read_wav(self.phone.heard)[0], self._began_s)

    async def words_so_far(self) -> str:
        """The words of all that was said to it."""
        return await asyncio.to_thread(words, read_wav(self.phone.heard)[0])

    def listens_from_now(self) -> None:
        """What was said and seen until now does not count."""
        self._seen = len(self.phone.events)
        if self.phone.heard.exists():
            self._listened_s += len(self._news()) / RATE_HZ
        self._began_s = self._listened_s

    def saw(self, name: str) -> list[str]:
        """What the phone told of its events of that name, since it has been listened to."""
        return [event.text for event in self.phone.events[self._seen :] if event.name == name]

    def has_not_heard(self, hertz: int) -> None:
        """Nothing of a tone is in what it has heard."""
        level = tone_level_dbov(self.heard(), hertz, steady_s=0.4)
        assert level < UNHEARD_DBOV, f"{self.phone.name} heard {hertz} Hz at {level:.1f} dBov"

    async def hangs_up(self) -> None:
        """End the call that it is in, if it is in one, and wait for that."""
        begun, ended = len(self.saw("established")), len(self.saw("closed"))
        if begun > ended or (self.saw("ringing") and not ended):
            await self.phone.hang_up()
            await until(lambda: self.saw("closed"), f"{self.phone.name} is free again")

    def _news(self) -> Pcm:
        return part(read_wav(self.phone.heard)[0], self._listened_s)
