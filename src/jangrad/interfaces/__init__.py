"""How people reach jangrad without writing Python: the command line."""
