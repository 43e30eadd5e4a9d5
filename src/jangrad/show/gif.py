"""Moving pictures as GIF, by Pillow, which comes with matplotlib."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from jangrad.show import motion
from jangrad.show.painted import pixels

if TYPE_CHECKING:
    from PIL.Image import Image

_COLOURS = 128
_SHAPE = 9 / 16  # of a slide: height by width
_FLIGHTS = 300  # frames of all flights together
_SMOOTH = 14  # frames of a flight at most


def gif(frames: Iterable[tuple[Image, int]]) -> bytes:
    """An animation that begins again at its end.

    Args:
        frames: images of one size, each with the milliseconds that it is seen.

    The colours are those of a few frames all over it: one palette for all, so that nothing flickers
    and what stays the same is written once.
    """
    from PIL import Image

    images, times = zip(*((image.convert("RGB"), time) for image, time in frames), strict=True)
    some = images[:: max(1, len(images) // 4)]
    width, height = images[0].size
    sheet = Image.new("RGB", (width, height * len(some)))
    for place, image in enumerate(some):
        sheet.paste(image, (0, place * height))
    palette = sheet.quantize(_COLOURS, dither=Image.Dither.NONE)
    first, *others = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    held = BytesIO()
    first.save(
        held, "GIF", save_all=True, append_images=others, duration=list(times), loop=0, disposal=1
    )
    return held.getvalue()


def backward_frames(moving: motion.Motion, width: float) -> Iterator[tuple[Image, int]]:
    """The backward pass as frames: what has not changed since the last one is not drawn again.

    Args:
        moving: what happens.
        width: pixels; less where it would be higher than a slide of that width.

    Yields:
        Images, each with the milliseconds that it is seen; the last one stays.
    """
    from PIL.Image import alpha_composite, new

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
