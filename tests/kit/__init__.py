"""The test kit: a scripted server on a real socket, builders of event streams, recordings, a clock tests turn.

Nothing here is a mock of our own parts; it stands where the outside world stands.
"""
