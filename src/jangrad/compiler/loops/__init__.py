"""Loop programs: what is printed as machine code, as data."""
