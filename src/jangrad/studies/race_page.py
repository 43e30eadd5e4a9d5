"""A race as a page: the curves, boundaries and networks of all rates at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jangrad.studies.replay_page import (
    packed,
    problem_in_page,
    replay_page,
    shown,
    spread,
    thinned,
)

if TYPE_CHECKING:
    from jangrad.studies.race import Lane, Race


_DRAWN = 24  # units of a layer; more are a tangle of lines, as `replay.mjs` has it
_BYTES = 1_500_000  # of all weights
_MOST = 100.0  # times the first loss; curves above it leave the picture


def race_page(race: Race, *, title: str) -> str:
    """The page as HTML text."""
    problem = problem_in_page(race.net, race.rows, race.targets, race.loss, race.names)
    if problem["net"] and "low" not in problem:
        widths = [problem["net"]["inputs"], *(layer["units"] for layer in problem["net"]["layers"])]
        if max(widths) > _DRAWN:
            problem = {"net": None}
    moments = 0
    if problem["net"]:
        moments = max(2, _BYTES // (4 * len(race.lanes) * problem["count"]))
    lanes = [
        {
            "name": f"rate {lane.rate:g}",
            "said": f"{'; '.join(lane.verdict.words)}.".replace(":;", ":"),
            "kind": lane.verdict.kind,
            "ended": len(lane.history) if lane.verdict.kind == "diverged" else race.steps,
            **_weights(lane, moments),
            "bytes": 4,
            "losses": thinned(lane.history.loss),
            "looked": lane.looked,
            "sharpness": [shown(x) for x in lane.sharpness],
            "limit": lane.limit,
        }
        for lane in race.lanes
    ]
    about = (
        f"{race.net!r}, {len(race.rows)} rows, {race.steps} steps of {race.optimizer} from one"
        " start at each rate."
    )
    if race.limit is not None and race.sharpness is not None:
        about += (
            f" At the start the loss curves by {race.sharpness:.3g} in its steepest direction:"
            f" while it does, steps above {race.limit:.2g} overshoot further each time."
        )
    limits = "; dashed: what the rate allows, above which steps overshoot further each time"
    given = {
        **problem,
        "lanes": lanes,
        "sharpest": 2.0 * race.sharpest,  # of lost rates it leaves the picture
        "most": _MOST * abs(race.start) or 1.0,
        "sharpsays": "how the loss curves in its steepest direction"
        + (limits if race.limit is not None else ""),
    }
    return replay_page(
        given, title=title or "A race of learning rates", about=about, own=["race.mjs"]
    )


def _weights(lane: Lane, most: int) -> dict[str, Any]:
    """Up to so many moments and their weights; all of them without weights for none."""
    if not most:
        return {"steps": lane.steps, "weights": ""}
    kept = spread(len(lane.steps), most)
    return {
        "steps": [lane.steps[k] for k in kept],
        "weights": packed([lane.weights[k] for k in kept], "<f4"),
    }
