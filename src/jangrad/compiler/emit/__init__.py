"""The same as LLVM's text: loop nests, straight-line code, elementary functions, loops of steps."""
