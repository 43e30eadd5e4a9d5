"""Networks that learn inside a page: the playground, printed from the table and the definitions."""
