"""Many trainings at once, compared: what rates, seeds and other settings make of a network."""
