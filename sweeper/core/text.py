"""Text that is safe to print."""


def printable(text: str) -> str:
    """The app's own text without control characters."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else "?" for letter in text)
