"""Wording answers. `port` is what a generator is; each other module is one generator."""
