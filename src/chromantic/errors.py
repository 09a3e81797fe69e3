"""What goes wrong on the user's side."""


class ChromanticError(Exception):
    """A user's input cannot be used; the message is one line that names the file and the remedy."""
