import functools

import pytest

from webapp.ai.embedded import pictures
from webapp.pipeline.stages import images

# Pictures take most of the time of a run, and the same question gives the same one. That they come out right, and the
# same each time, is shown where nothing is remembered: in tests/ai and tests/content.
_draw = functools.cache(pictures.answer)
_prepare = functools.cache(images.prepared)


@pytest.fixture(autouse=True)
def _each_picture_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "answer", _draw)
    monkeypatch.setattr(images, "prepared", _prepare)
