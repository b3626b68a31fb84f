"""chatapp: a native desktop chat application for the OpenAI Responses API."""

__version__ = "0.1.0"
