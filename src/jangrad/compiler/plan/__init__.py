"""How it is computed: loop nests and tables, found in the program, and where their numbers lie."""
