"""One layer as it stands in the project's tree."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET


@dataclass(frozen=True)
class Node:
    """One layer in the tree of the project."""

    id: str
    title: str
    group: str
    source: str
    provider: str
    element: ET.Element
    themes: tuple[str, ...]
    expanded: bool
    private: bool = False
