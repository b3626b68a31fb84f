"""A database of every released shape, made by the program as it was then."""
