"""Looks whether a Ray cluster is at an address, without imports that take seconds."""

import os
import socket
import time

from chromantic.errors import ChromanticError

_SECONDS = 4.0  # to connect, and to answer
_HEAD = "/ray.rpc.NodeInfoGcsService/CheckAlive"
_DRIVER = "/ray.rpc.RayletDriver/ClusterInfo"
_STATUS = b"grpc-status"
_UNKNOWN = b"12"  # gRPC's status where a server does not have the method


def check_address(address: str) -> None:
    """Checks within seconds that a Ray cluster is at an address: Ray itself tries for minutes.

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
        method = _DRIVER if found.startswith("ray://") else _HEAD
        with socket.create_connection((host.strip("[]"), int(port)), _SECONDS) as connection:
            connection.sendall(_call(method))
            if _status(connection) in (b"", _UNKNOWN):
                raise OSError("what answers there is not Ray")
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise ChromanticError(f"{found}: no Ray cluster there ({why}); start it, or give its address") from error


def _call(method: str) -> bytes:
    """All that a client of HTTP/2 says to call a gRPC method with an empty message (RFC 9113 and RFC 7541)."""
    fields = {":method": "POST", ":scheme": "http", ":path": method, ":authority": "ray", "te": "trailers"}
    fields["content-type"] = "application/grpc"
    texts = [(name.encode(), value.encode()) for name, value in fields.items()]
    header = b"".join(bytes((0, len(name))) + name + bytes((len(value),)) + value for name, value in texts)
    settings, headers = _frame(kind=4, flags=0, stream=0), _frame(kind=1, flags=4, stream=1, payload=header)
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + headers + _frame(0, flags=1, stream=1, payload=bytes(5))


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def _status(connection: socket.socket) -> bytes:
    """The gRPC status that a call ends with, which Ray's servers send as plain text; empty without one.

    Raises:
        OSError: It did not come in time.
    """
    end, answer = time.monotonic() + _SECONDS, b""
    while len(answer) < 1 << 16:
        connection.settimeout(max(0.001, end - time.monotonic()))
        more = connection.recv(4096)
        if not more:
            break
        answer += more
        _, _, status = answer.partition(_STATUS)  # the length of the value follows, then the value
        if status and len(status) > status[0]:
            return status[1 : 1 + status[0]]
    return b""


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
