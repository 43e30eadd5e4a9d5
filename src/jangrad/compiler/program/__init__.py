"""What is computed: a user's function as one program of scalars, its gradient, its classes."""
