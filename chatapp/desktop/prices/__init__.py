"""The price table in the settings: its rows, and the form of one."""
