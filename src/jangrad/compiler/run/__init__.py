"""Machine code from the text, kept and run, on memory of its own."""
