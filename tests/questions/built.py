"""The documents that are no plain text, written when they are needed: their words stand here."""

from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

from tests.documents import files
from tests.documents.files import Sheet, line

CONTRACT = (
    "Lease of the boathouse at Nesvik",
    "The landlord lets the boathouse with the slipway and the eastern jetty to the tenant for rowing and sailing.",
    "The rent is 9,450 kroner for each quarter and is due on the third working day of the quarter.",
    "The tenant may sublet one berth, but only to members of the Nesvik rowing club.",
    "Either side may give notice of six months to the end of a calendar year.",
    "The deposit amounts to 20,000 kroner and lies in a blocked account with Sunnmøre Sparebank.",
)
FEES = (
    ("Berth", "Length", "Fee"),
    ("A1", "up to 6 m", "1,200"),
    ("B4", "up to 9 m", "2,050"),
    ("C2", "catamaran", "3,310"),
)
SLIDES = (
    "Kiln project: the second firing",
    "Why the first firing failed: the thermocouple sat too close to the burner and read 140 degrees too much",
    "Glaze recipe: 38 parts feldspar, 27 parts silica, 20 parts whiting, 15 parts kaolin",
    "Budget: bricks 2,400 euros, burner 780 euros, flue 310 euros",
    "Next steps: Amara orders the cone packs, Jonas welds the door frame by 9 March",
)
CHAPTERS = (
    "<h1>The valley</h1><p>Before the dam there were four villages in the valley, and the church of Alma stood "
    "on the knoll that is an island now.</p>",
    "<h1>The engineer</h1><p>Ilka Ferenc came in the autumn with two theodolites and a mule. She measured the gorge "
    "at its narrowest and wrote nineteen metres into her book.</p>",
    "<h1>The water</h1><p>The gates were shut on the first Sunday of Advent. It took the river five months and eleven "
    "days to reach the sill of the church window.</p>",
)
LEFT = (
    "Beekeeping in cold valleys", "",
    "Colonies that winter above 900 metres",
    "need at least eighteen kilograms of", "stores. Feed sugar syrup until the",
    "middle of September and no later, for", "bees cannot dry it in the cold.", "",
    "Mice enter through gaps of more than", "seven millimetres. A strip of per-",
    "forated zinc keeps them out and lets",
    "the air through.",
)  # fmt: skip
RIGHT = (
    "Varroa treatment", "",
    "Oxalic acid is trickled once, in Decem-", "ber, when the cluster has no brood.",
    "Use thirty-five grams to the litre and",
    "five millilitres for every occupied gap", "between the frames.", "",
    "The queen of the strain Carnica starts", "to lay again in the last week of", "January.",
)  # fmt: skip
HARVEST = (
    ("Apiary", "Hives", "Honey (kg)", "Losses"),
    ("Upper mill", "14", "212", "1"),
    ("Quarry", "9", "97", "3"),
    ("Chapel", "22", "405", "0"),
    ("Station road", "6", "58", "2"),
)

MANUAL = (
    (
        "Contents", "1. Starting the furnace . . . . . . . . . . . . . . . . . . 2",
        "2. Options . . . . . . . . . . . . . . . . . . . . . . . . 3", "3. Files . . . . . . . . . . . . . . 4",
    ),
    (
        "kilnctl starts the furnace, watches its curve and stops it. It needs no account",
        "and keeps nothing of what it reads for longer than a firing.",
        "The remote controller is reached over a serial line. Most people use the network",
        "today. Ask for it by giving the following option:", "--transport=network", "",
        "A firing that was cut off is taken up again within forty minutes. After that the",
    ),
    (
        "curve begins anew, for the glaze has set.", "",
        "--hold-top=MINUTES", "Keeps the highest temperature that long. The default is twelve minutes.", "",
        "--hold-top-limit=DEGREES", "Never holds above it, whatever the curve wants.", "",
        "--read_probe, --skip_probe", "Takes the second thermocouple into account, or leaves it out.",
    ),
    (
        "A curve file names one segment a line: rate, target and soak. Where a line begins",
        "with a cross it is a remark.", "",
        "\"Soak\" is the time that a segment stays at its target. It is given in minutes.", "",
        "The journal lies in the folder of the curve and is called after its first segment.",
    ),
)  # fmt: skip


ACCOUNTS = (
    "Brannfell Ferries plc - Annual accounts 2022",
    "Passenger numbers recovered to 1.84 million, while fuel consumed 31 per cent of turnover. The board",
    "proposes a final dividend of 4.2 pence per share, payable on 16 June to holders on the register. Mrs Oonagh",
    "Tarrant retired as chair in September and was succeeded by Mr Piers Lockhart.",
    "Segment results",
    "Route Sailings Passengers Vehicles",
    "Kelda Sound 4,812 902,450 211,087",
    "Outer Skerries 1,096 64,203 15,340",
    "Night freight 508 - 38,716",
    "Commitments",
    "A hybrid vessel, the Sula, was ordered from a yard in November at a contract price of 37.5 million kroner",
    "and due in the second quarter. Two thirds of its price is financed.",
)
"""Lines of a page that nothing but their length and their numbers tells apart."""


def contract(path: Path) -> None:
    paragraphs = "".join(f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>" for text in CONTRACT)
    cells = ("".join(f"<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>" for cell in row) for row in FEES)
    table = "".join(f"<w:tr>{row}</w:tr>" for row in cells)
    files.docx(path, f"{paragraphs}<w:tbl>{table}</w:tbl>")


def harvest(path: Path) -> None:
    """Two sheets, the second one about something else."""
    inventory = (("Item", "Count"), ("Smoker", "5"), ("Veil", "11"), ("Extractor with nine frames", "1"))
    files.xlsx(path, {"Harvest": _rows(HARVEST), "Inventory": _rows(inventory)})


def _rows(table: tuple[tuple[str, ...], ...]) -> str:
    rows = ("".join(map(_cell, row)) for row in table)
    return "".join(f'<row r="{at}">{cells}</row>' for at, cells in enumerate(rows, 1))


def _cell(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>'


def bees(path: Path) -> None:
    """A page of two columns with words broken at their lines' ends, and a page with a table."""
    columns = b"".join(
        line(text, x, 720 - 18 * at)
        for x, texts in ((60, LEFT), (330, RIGHT))
        for at, text in enumerate(texts)
    )
    table = b"".join(
        line(cell, 60 + 120 * across, 640 - 24 * down)
        for down, row in enumerate(HARVEST)
        for across, cell in enumerate(row)
    )
    files.pdf(path, [Sheet(columns), Sheet(line("Harvest of the apiaries in 2023", 60, 700, 16) + table)])


def manual(path: Path) -> None:
    """Four pages with a running head and a number at their foot; a sentence goes on over a page."""
    pages = (
        b"".join(line(text, 60, 700 - 18 * at) for at, text in enumerate(texts) if text) for texts in MANUAL
    )
    sheets = (
        Sheet(line("KILNCTL(1) Furnace manual KILNCTL(1)", 180, 760) + page + line(str(at), 300, 40))
        for at, page in enumerate(pages, 1)
    )
    files.pdf(path, [*sheets])


def accounts(path: Path) -> None:
    files.pdf(path, [Sheet(b"".join(line(text, 40, 740 - 16 * at, 10) for at, text in enumerate(ACCOUNTS)))])


WRITERS: dict[str, Callable[[Path], object]] = {
    "contract.docx": contract,
    "kiln.pptx": lambda path: files.pptx(path, [escape(text) for text in SLIDES]),
    "harvest.xlsx": harvest,
    "dam.epub": lambda path: files.epub(path, CHAPTERS, "The dam"),
    "bees.pdf": bees,
    "kilnctl.pdf": manual,
    "accounts.pdf": accounts,
}
