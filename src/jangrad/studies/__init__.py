"""Many trainings at once, compared: what rates, seeds and other settings make of a network."""

from jangrad.studies.sweep import sweep as sweep
from jangrad.studies.sweep_result import Sweep as Sweep
