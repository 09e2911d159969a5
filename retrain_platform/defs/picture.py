"""A drawn plot as metadata of an asset."""

from base64 import b64encode
from collections.abc import Iterable

import dagster as dg

from retrain_platform.drawing import svg


def picture(parts: Iterable[str], *, height: float, title: str) -> dg.MarkdownMetadataValue:
    """The parts as one picture in Markdown, with its title at the top left."""
    return drawn(svg(parts, height=height, title=title), title)


def drawn(plot: str, title: str) -> dg.MarkdownMetadataValue:
    """A whole SVG as a picture in Markdown; `title` stands where pictures are not shown."""
    data = b64encode(plot.encode()).decode()
    return dg.MetadataValue.md(f"![{title or 'plot'}](data:image/svg+xml;base64,{data})")
