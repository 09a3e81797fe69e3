"""Looks whether a Ray cluster is at an address, without imports that take seconds."""

import os
import socket

from chromantic.errors import ChromanticError

_CONNECT_SECONDS = 4.0
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""How a client of HTTP/2, which Ray's head node speaks, begins: with settings, all as usual."""
_SETTINGS = 4  # the kind of the frame that every server of it begins with


def check_address(address: str) -> None:
    """Checks within seconds that a Ray cluster may be at an address: Ray itself tries for minutes.

    Args:
        address: `HOST:PORT`, `ray://HOST:PORT`, or `auto` for what `RAY_ADDRESS` says or runs on this machine.

    Raises:
        ChromanticError: Nothing there answers as Ray does.
    """
    found = _found() if address == "auto" else address
    host, _, port = found.removeprefix("ray://").rpartition(":")
    try:
        if not host or not port.isdecimal():
            raise OSError("not HOST:PORT")
        with socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS) as connection:
            connection.settimeout(_CONNECT_SECONDS)
            connection.sendall(_HELLO)
            answer = connection.recv(4)
            if answer[3:] != bytes([_SETTINGS]):
                raise OSError("what answers there is not Ray")
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise ChromanticError(f"{found}: no Ray cluster there ({why}); start it, or give its address") from error


def _found() -> str:
    """The address of the cluster that Ray would choose by itself.

    Raises:
        ChromanticError: There is none.
    """
    if address := os.environ.get("RAY_ADDRESS"):
        return address
    from ray._private.services import canonicalize_bootstrap_address

    try:
        return canonicalize_bootstrap_address("auto") or "auto"
    except ConnectionError as error:
        raise ChromanticError("auto: no Ray cluster runs on this machine; start it, or give its address") from error
