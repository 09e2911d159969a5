"""The model card as one HTML page that needs nothing beside itself: no script, no link, no font from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

_STYLE = """
body { max-width: 1020px; margin: 2em auto; padding: 0 1.5em; color: #1c2833; background: #fff;
  font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 1.6em; margin-bottom: .2em }
h2 { font-size: 1.15em; margin-top: 1.8em; border-bottom: 1px solid #e5e8eb }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-size: .87em }
th, td { padding: .3em .7em; text-align: left; vertical-align: top; border-bottom: 1px solid #e5e8eb }
th { color: #5d6d7e; font-weight: 600; white-space: nowrap }
td { min-width: 4.2em; max-width: 26em }
code { font-size: .92em; overflow-wrap: anywhere }
img { max-width: 100%; margin: .6em 0; border: 1px solid #e5e8eb; border-radius: 4px }
.passed { color: #2c7a3f } .failed { color: #b3211e; font-weight: 600 } .cannot { color: #8a6100 }
@media print { body { margin: 0 } h2 { break-after: avoid } tr { break-inside: avoid } }
"""
_VERDICT = re.compile(r"<td>((passed|failed|cannot) ?[^<]*)</td>")


def card_page(text: str, *, title: str, pictures: Mapping[str, str] | None = None) -> str:
    """The page of a card in Markdown; HTML that stands in `text` is shown, not obeyed.

    `pictures` are data addresses (`data:image/...`) by what they show, put under a heading of their own.

    Raises:
        ValueError: a picture lies elsewhere than in its own address.
    """
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    body = body.replace("<table>", '<div class="scroll"><table>').replace("</table>", "</table></div>")
    body = _VERDICT.sub(r'<td class="\2">\1</td>', body)
    drawn = "".join(_picture(said, address) for said, address in (pictures or {}).items())
    plots = f"<h2>Plots</h2>\n{drawn}" if drawn else ""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}{plots}</body></html>\n'


def _picture(said: str, address: str) -> str:
    if not address.startswith("data:image/"):
        raise ValueError(f"address of picture {said!r} == {address[:40]!r}, must begin with data:image/")
    return f'<p><img alt="{escape(said, quote=True)}" src="{escape(address, quote=True)}"></p>\n'
