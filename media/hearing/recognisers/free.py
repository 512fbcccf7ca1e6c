"""Any English, by pocketsphinx and its language model: a guess where nothing better is installed."""

import numpy as np

from media.hearing.recognisers import sphinx
from media.hearing.recognisers.recogniser import Sound, Understood


class Free:
    """Understands clear speech by and large; each third or fourth word is wrong."""

    name = "pocketsphinx"

    def __init__(self) -> None:
        self._decoders = sphinx.Decoders(sphinx.decoder)

    def wants(self, context: tuple[str, ...]) -> bool:
        """Always; the phrases are no help to it."""
        return True

    def recognise(
        self, sound: Sound, context: tuple[str, ...] = (), *, timed: bool = False
    ) -> Understood | None:
        """The likeliest words; the confidence is the geometric mean of theirs. Raises Unrecognisable."""
        with self._decoders.borrowed() as engine:
            said = [part for part in sphinx.decode(engine, sound) if part.is_said]
        if not said:
            return None
        words = tuple(sphinx.place(part, min(part.probability, 1.0)) for part in said)
        likelihoods = [max(word.confidence, 1e-6) for word in words]
        confidence = float(np.exp(np.mean(np.log(likelihoods))))
        return Understood(" ".join(word.text for word in words), confidence, words if timed else ())
