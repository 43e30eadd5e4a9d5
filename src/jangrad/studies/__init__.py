"""Many trainings at once, compared: what rates, seeds and other settings make of a network."""

from jangrad.studies.race import Lane as Lane
from jangrad.studies.race import Race as Race
from jangrad.studies.race import race as race
from jangrad.studies.recording import Recording as Recording
from jangrad.studies.recording import recording as recording
from jangrad.studies.sweep import sweep as sweep
from jangrad.studies.sweep_result import Sweep as Sweep
