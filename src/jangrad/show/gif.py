"""Moving pictures as GIF, by Pillow, which comes with matplotlib."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from jangrad.errors import ConfigError
from jangrad.show import motion
from jangrad.show.painted import pixels

if TYPE_CHECKING:
    from PIL.Image import Image

_COLOURS = 128
_STEPS = 1000  # half an hour and more
_EXACT = 24
_SHAPE = 9 / 16  # of a slide: height by width
_FLIGHTS = 300  # frames of all flights together
_SMOOTH = 14  # frames of a flight at most


def gif(frames: Iterable[tuple[Image, int]]) -> bytes:
    """An animation that begins again at its end.

    Args:
        frames: images of one size, each with the milliseconds that it is seen.
    """
    images, times = zip(*((image.convert("RGB"), time) for image, time in frames), strict=True)
    palette = _Palette(images[:: max(1, len(images) // 4)])
    first, *others = map(palette.indexed, images)
    held = BytesIO()
    first.save(
        held, "GIF", save_all=True, append_images=others, duration=list(times), loop=0, disposal=1
    )
    return held.getvalue()


class _Palette:
    """One palette for all frames, so that nothing flickers and what stays is written once.

    The most frequent colours are in it as they are, so that white is white. What Pillow chooses for
    the others is near them; it would take something near for these as well.
    """

    def __init__(self, some: Sequence[Image]) -> None:
        import numpy as np
        from PIL.Image import Dither, fromarray

        sheet = np.concatenate([np.asarray(image) for image in some])
        codes, counts = np.unique(_codes(sheet), return_counts=True)
        exact = codes[np.argsort(-counts, kind="stable")[:_EXACT]]
        listed = np.stack([exact >> 16, exact >> 8 & 255, exact & 255], axis=1)
        others = fromarray(sheet).quantize(_COLOURS - len(listed), dither=Dither.NONE).getpalette()
        self.colours = np.concatenate([listed, np.array(others or []).reshape(-1, 3)])
        # For each colour the nearest one, as far as five bits a channel tell.
        cube = np.stack(np.meshgrid(*[np.arange(4, 256, 8)] * 3, indexing="ij"), axis=-1)
        far = ((cube[..., None, :] - self.colours) ** 2).sum(axis=-1)
        near = far.argmin(axis=-1).astype(np.uint8)
        self.places = near.repeat(8, axis=0).repeat(8, axis=1).repeat(8, axis=2).ravel()
        self.places[exact] = np.arange(len(exact))

    def indexed(self, image: Image) -> Image:
        """The image in these colours."""
        import numpy as np
        from PIL.Image import fromarray

        found = fromarray(self.places[_codes(np.asarray(image))])
        found.putpalette(self.colours.astype(np.uint8).tobytes())
        return found


def _codes(pixels: Any) -> Any:
    """Each pixel as one number."""
    wide = pixels.astype("int32")
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]


def backward_frames(moving: motion.Motion, width: float) -> Iterator[tuple[Image, int]]:
    """The backward pass as frames: what has not changed since the last one is not drawn again.

    Args:
        moving: what happens.
        width: pixels; less where it would be higher than a slide of that width.

    Yields:
        Images, each with the milliseconds that it is seen; the last one stays.

    Raises:
        ConfigError: when there are too many steps to look at.
    """
    from PIL.Image import alpha_composite, new

    if len(moving.steps) > _STEPS:
        raise ConfigError(
            f"an animation of {len(moving.steps):,} steps is longer than anybody looks at it",
            why=f"a GIF shows {_STEPS:,} at most",
            try_="fold=True, which has few; or .html, where one goes to what one looks for",
        )
    before = moving.before()
    wide, high = map(float, re.findall(r'viewBox="0 0 (\S+) (\S+)"', before)[0])
    scale = min(width / wide, _SHAPE * width / high)

    def over(ground: Image, layer: str) -> Image:
        return alpha_composite(ground, pixels(layer, scale))

    flight = max(3, min(_SMOOTH, _FLIGHTS // len(moving.steps)))
    grows = max(1, flight // 4)
    now = pixels(before, scale)
    yield over(now, moving.first()), _milliseconds(motion.BEFORE)
    for step, what in enumerate(moving.steps):
        marks = pixels(moving.marks(step), scale)
        if what.sender >= 0:
            marked = alpha_composite(now, marks)
            start, *way, _ = moving.way(step, flight)
            pill = pixels(moving.pill(step, start), scale)
            for x, y in way:
                moved = new("RGBA", pill.size)
                moved.paste(pill, (round(scale * (x - start[0])), round(scale * (y - start[1]))))
                yield alpha_composite(marked, moved), _milliseconds(moving.flight / len(way))
        rest = moving.rest if step else motion.SEED
        for k in range(1, grows + 1):
            arrived = over(now, moving.receiver(step, k / grows))
            last = k == grows
            time = max(rest - motion.GROWS, 0.1) if last else motion.GROWS / grows
            yield alpha_composite(arrived, marks), _milliseconds(time)
        now = arrived
    yield over(now, moving.last()), _milliseconds(motion.AFTER)


def _milliseconds(seconds: float) -> int:
    """A GIF counts in hundredths of a second, and viewers slow down what is quicker than two."""
    return max(20, 10 * round(100 * seconds))
