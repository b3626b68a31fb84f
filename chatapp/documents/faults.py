"""Faults of our own, told of without what a document or a request holds."""


def place_of(error: BaseException) -> str:
    """What went wrong and where, for a log. Not the message: it may quote what was being read."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} at {place}"
