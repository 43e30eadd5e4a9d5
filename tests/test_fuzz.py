"""Some hundred stories of the fuzzer in `tools/fuzz`, told in every way there is."""

import multiprocessing

import pytest
from tools.fuzz.kinds import KINDS
from tools.fuzz.telling import faults, faults_side_by_side, tell, text_of, told_again, ways_for
from tools.fuzz.ways import Mapped, Native, Way

STORIES = 25

# Stories of operations define hundreds.
pytestmark = pytest.mark.usefixtures("own_table")


@pytest.mark.parametrize("kind", KINDS)
def test_every_way_tells_the_same_story(kind):
    """Values, gradients, trainings and errors, with Python changing things around them."""
    for i in range(STORIES):
        text = text_of(kind, f"1:{i}")
        wrong, _ = faults(text, ways_for(kind, text))
        assert not wrong, f"python -m tools.fuzz {kind} --show 1:{i}\n" + "\n".join(wrong)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"draws"}))
def test_two_threads_tell_the_same_story_at_once(kind):
    """Not of random draws, for `random` has one state for all threads."""
    for i in range(2):
        assert not faults_side_by_side(text_of(kind, f"2:{i}"))


def test_stories_are_told_from_the_cache_of_another_process():
    jobs = [(kind, "1:0") for kind in KINDS]
    for job in jobs:
        tell(text_of(*job), Native())
    with multiprocessing.get_context("spawn").Pool(1) as fresh:
        assert not any(fresh.map(told_again, jobs))


def test_a_fault_is_told():
    """The comparison can fail: a way whose numbers are off by little is found out."""

    class Off(Mapped):
        def _call(self, f, arguments):
            return [x * (1 + 1e-6) for x in [super()._call(f, arguments)]]

    text = "def story(do):\n    do.call(lambda x: x[0] * x[1], [3.0, 0.5])\n"
    assert tell(text, Way()).seen[0].numbers == (1.5,)
    (words,), _ = faults(text, [Off])
    assert words.startswith("map of rows: work 0: number 0 is 1.50000149")
