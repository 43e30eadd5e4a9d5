"""`python -m jangrad`, where the program `jangrad` is not on the path."""

from jangrad.interfaces.cli import main

main()
