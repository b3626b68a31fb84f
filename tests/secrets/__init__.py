"""Keys, tested with a real Secret Service where there is one."""
