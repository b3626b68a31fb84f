"""Which formulas are drawn and which are refused; what strangers write never holds anything up."""

import json
import subprocess
import sys

import pytest

from chatapp.rendering.typeset import LARGEST, Drawing, Unreadable, typeset


@pytest.mark.parametrize(
    "tex",
    [
        "x",
        "x^2+y^2=z^2",
        r"\frac{a}{b}",
        r"\int_0^\infty e^{-x^2}\,dx=\frac{\sqrt\pi}{2}",
        r"\begin{aligned}a&=b+c\\&=d\end{aligned}",
        r"\begin{align*}a&=b\\c&=d\end{align*}",
        r"\begin{equation}a=b\label{eq:a}\end{equation}",
        r"\begin{gather}a\\b\end{gather}",
        r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
        r"f(x)=\begin{cases}1&\text{if }x>0\\0&\text{otherwise}\end{cases}",
        r"\mathbb{R}\subset\mathcal C",
        r"\alpha\beta\Gamma\Omega",
        r"\boxed{x=1}",
        r"x \tag{1}",
        r"50\% \text{ of 10\%}",
        r"\operatorname{argmin}_\theta \mathcal{L}(\theta)",
        r"\left\{\frac{a}{b}\right\}",
        r"\text{日本}",
    ],
)
def test_what_models_write_is_drawn(tex: str) -> None:
    for display in (False, True):
        drawing = typeset(tex, display)
        assert 0 < drawing.width < LARGEST
        assert drawing.ascent + drawing.descent > 0
        assert set(drawing.filled) <= set("MLQZ 0123456789.-")


@pytest.mark.parametrize(
    "tex",
    [
        "",
        " ",
        "{",
        "x_",
        r"\frac{a}",
        "a & b",
        r"\unknown{x}",
        r"\begin{cases}",
        r"\begin{foo}x\end{foo}",
        r"\href{https://example.org/}{x}",
        r"\url{file:///etc/passwd}",
        r"\includegraphics{/etc/passwd}",
        r"\input{/etc/passwd}",
        r"\newcommand{\a}{\a\a}\a",
        r"\def\x{1}\x",
        r"\hspace{9999999em}x",
        r"\rule{1e9em}{1e9em}",
        r"\frac{1}{" * 30 + "x" + "}" * 30,
        r"\left(" * 30 + "x" + r"\right)" * 30,
        "{" * 8 + "x" * 120 + "}" * 8,
        r"\begin{matrix}" + "1&" * 600 + r"1\end{matrix}",
        "x" * 10_000,
        "x^" * 900,
        "\0\ufffe",
        "<svg xmlns:xlink='x' xlink:href='file:///etc/passwd'/>&xxe;",
    ],
)
def test_what_is_not_understood_or_too_much_is_refused(tex: str) -> None:
    with pytest.raises(Unreadable):
        typeset(tex, True)


def test_what_looks_like_markup_is_letters() -> None:
    assert isinstance(typeset(r"a<b \text{ <a>\&amp; }", False), Drawing)


def test_the_program_answers_line_by_line() -> None:
    asked = [{"tex": "x", "display": False}, {"tex": r"\nothing", "display": True}]
    lines = "".join(json.dumps(one) + "\n" for one in asked)
    command = [sys.executable, "-P", "-m", "chatapp.rendering"]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["width"] > 0
    assert second == {"problem": r"Something in it is not known: \nothing"}
