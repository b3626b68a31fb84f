"""Setting up servers: the form of one, what is seldom changed of it, and what a test of it found out."""
