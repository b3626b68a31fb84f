"""The window: the only importer of Qt. It shows values of `conversation` and `documents`, and asks `services` to act;
what lies behind the services' ports it never sees."""
