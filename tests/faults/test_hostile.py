"""The campaign of hostile documents knows an offence when it sees one."""

from pathlib import Path

from tests.faults.hostile import offences
from tests.faults.hostile_documents import documents

TRACE = """\
11 openat(AT_FDCWD, "/usr/share/fonts/a.ttf", O_RDONLY) = 4
11 connect(5, {sa_family=AF_UNIX, sun_path="/run/bus"}, 20) = 0
12 openat(AT_FDCWD, "/tmp/x/secret.png", O_RDONLY) = 4
12 connect(5, {sa_family=AF_INET, sin_port=htons(80)}, 16) = -1 ENETUNREACH
"""


def test_an_offence_is_seen() -> None:
    assert list(offences(TRACE, Path("/tmp/x/secret.png"))) == TRACE.splitlines()[2:]


def test_there_are_more_than_two_hundred_documents_and_all_name_the_canary() -> None:
    texts = dict(documents("192.0.2.1:8765", "/tmp/x/secret.png"))
    assert len(texts) > 200
    quiet = [name for name, text in texts.items() if "192.0.2.1" not in text and "secret.png" not in text]
    assert {name.partition(" in ")[0] for name in quiet} == {"data", "resource"}
