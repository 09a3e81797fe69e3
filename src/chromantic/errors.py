"""What goes wrong on the user's side."""


class ChromanticError(Exception):
    """A user's input cannot be used; the message is one line that names the file and the remedy."""


class GuidanceError(ChromanticError):
    """What was said of a photo's colours does not fit it: a point outside, a mask of another size, a grey reference."""


def describe(name: object, error: Exception) -> str:
    """What went wrong with a file, in one line that names it, whatever was raised.

    Args:
        name: Of the file.
        error: A fault of the file, or of this program.
    """
    if isinstance(error, ChromanticError):
        text = str(error)
    elif isinstance(error, MemoryError):
        text = f"{name}: not enough memory; close other programs, or make the photo smaller"
    elif isinstance(error, OSError) and error.strerror:
        text = f"{name}: cannot be used ({error.strerror}); check its permissions and its disk"
    else:
        text = f"{name}: unexpected {type(error).__name__} ({error}); please report it"
    return one_printable_line(text)


def one_printable_line(text: object) -> str:
    """A text in one line that any file can hold; bytes of names that are no UTF-8 are escaped."""
    return " ".join(str(text).splitlines()).encode("utf-8", "backslashreplace").decode()
