"""Documents that try to reach out: every way to name an address, in every place where one may stand.

`documents(canary, file)` gives them by name; `canary` is host:port of a server that must stay unvisited, `file` a
path that must stay unopened.
"""

from collections.abc import Iterator
from typing import Final

ADDRESSES: Final = {
    "http": "http://{canary}/x.png",
    "no scheme": "//{canary}/x.png",
    "user": "http://bank.example@{canary}/x.png",
    "capitals": "HtTp://{canary}/x.png",
    "file": "file://{file}",
    "file host": "file://{canary}{file}",
    "path": "{file}",
    "unc": "\\\\\\\\{canary}\\\\share\\\\x.png",
    "smb": "smb://{canary}/share/x.png",
    "script": "javascript:fetch('http://{canary}/')",
    "script hidden": "java&#10;script:fetch('http://{canary}/')",
    "script encoded": "&#106;avascript&colon;fetch('http://{canary}/')",
    "data": "data:text/html;base64,PGltZyBzcmM9Imh0dHA6Ly97Y2FuYXJ5fS8iPg==",
    "data svg": "data:image/svg+xml,<svg xmlns:x='http://www.w3.org/1999/xlink'><image x:href='http://{canary}/'/></svg>",
    "ftp": "ftp://{canary}/x.png",
    "websocket": "ws://{canary}/",
    "bidi": "http://{canary}/\u202egnp.x",
    "homoglyph": "http://lоcalhost.{canary}/x.png",
    "resource": "qrc:/x.png",
    "encoded": "http%3A//{canary}/x.png",
}
PLACES: Final = {
    "picture": "![a]({address})",
    "picture in brackets": "![a](<{address}>)",
    "picture by reference": "![a][r]\n\n[r]: <{address}>",
    "link": "[a]({address} 'title')",
    "link by reference": "[a][r] and [r]\n\n[r]: <{address}> 'x'",
    "in angles": "<{address}>",
    "written out": "see {address} there",
    "picture as a link": "[![a]({address})](<{address}>)",
    "img": '<img src="{address}" onerror="fetch(\'{address}\')">',
    "style": "<style>@import url({address}); a {{ background: url({address}) }}</style>",
    "frame": "<iframe src='{address}'></iframe><object data='{address}'></object>",
    "sheet": "<link rel=stylesheet href='{address}'>",
    "svg": "<svg><image xlink:href='{address}'/><use href='{address}#a'/></svg>",
    "formula": "$\\href{{{address}}}{{x}}$ $$\\includegraphics{{{address}}}$$",
    "formula that reads": "\\(\\url{{{address}}} \\input{{{address}}}\\)",
    "note": "a[^n]\n\n[^n]: ![a](<{address}>) {address}",
    "table": "| a |\n|---|\n| ![a]({address}) |",
    "code": "```html\n<img src='{address}'>\n```\n\n`![a]({address})`",
    "diagram": '```mermaid\ngraph TD; a-->b; click a "{address}"\n```',
}


def documents(canary: str, file: str) -> Iterator[tuple[str, str]]:
    """(name, Markdown) of every address in every place: more than three hundred."""
    for place, form in PLACES.items():
        for kind, address in ADDRESSES.items():
            yield f"{kind} in {place}", form.format(address=_filled(address, canary, file))


def _filled(address: str, canary: str, file: str) -> str:
    return address.replace("{canary}", canary).replace("{file}", file)
