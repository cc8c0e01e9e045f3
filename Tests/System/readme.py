"""The commands of README.md and of other pages, to be run as they stand."""
import re

from workers import TOP


def section(title, page="README.md"):
    """The text below a title of the second order."""
    text = (TOP / page).read_text()
    return re.search(rf"(?ms)^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text)[1]


def blocks(title, page="README.md"):
    """The blocks of commands of a section, in order."""
    return re.findall(r"(?ms)^```\n(.*?)^```$", section(title, page))


def command(title, beginning):
    """The command that a section has in its text and that begins so."""
    return next(text for text in re.findall(r"`([^`\n]+)`", section(title)) if text.startswith(beginning))
