"""Threads that ask the recognisers, so that nobody else waits for them."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import soxr

from media.errors import MediaError
from media.hearing import detector
from media.hearing.recognisers import recogniser
from media.hearing.recognisers.choice import Recognisers
from media.hearing.utterance import Draft, Question

THREADS = 2
"""Speeches that are recognised at a time. A listening has one open question, so few wait behind them."""

_log = logging.getLogger(__name__)


class Understanding:
    """Answers questions, each with a Draft."""

    def __init__(self, recognisers: Recognisers) -> None:
        self._recognisers = recognisers
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="recogniser")

    def ask(self, question: Question, answer: Callable[[Draft], None]) -> None:
        """Have it answered soon, by a call from another thread."""
        self._threads.submit(lambda: answer(self._draft(question)))

    def close(self) -> None:
        """Finish what is being recognised; forget the rest."""
        self._threads.shutdown(cancel_futures=True)

    def _draft(self, question: Question) -> Draft:
        sound = soxr.resample(question.samples, detector.RATE, recogniser.RATE)
        try:
            answer = self._recognisers.recognise(sound, question.context)
        except MediaError as error:
            return Draft(question.listening, question.until_s, None, str(error))
        except Exception:
            # The caller's speech must end, whatever happens in a library.
            _log.exception("recogniser_broken")
            return Draft(question.listening, question.until_s, None, "the recogniser failed")
        return Draft(question.listening, question.until_s, answer)
