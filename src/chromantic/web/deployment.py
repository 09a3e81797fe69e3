"""What stands before a site, and how it logs."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from chromantic.errors import ChromanticError


@dataclass(frozen=True)
class Deployment:
    """What stands before a site, and how it logs.

    Attributes:
        root_path: Where a reverse proxy shows the site, such as /colors.
        forwarded_allow_ips: Proxies whose X-Forwarded-For and -Proto are believed: addresses or networks, with commas.
        allowed_hosts: Names by which the site may be called, besides those of this machine; may be repeated.
        cors_origin: Another site whose pages may ask, such as https://example.org; may be repeated.
        log_format: text logs errors, json also every request, a line each.
    """

    root_path: str = ""
    forwarded_allow_ips: str = "127.0.0.1"
    allowed_hosts: tuple[str, ...] = ()
    cors_origin: tuple[str, ...] = ()
    log_format: Literal["text", "json"] = "text"

    def __post_init__(self) -> None:
        """Checks them.

        Raises:
            ChromanticError: The path, a name or an origin is none.
        """
        if not re.fullmatch(r"(/[\w.~-]+)*", self.root_path, re.ASCII):
            raise ChromanticError(f"root path {self.root_path}: give one that begins with a slash and ends with none")
        for name in self.allowed_hosts:
            if not re.fullmatch(r"[\w.:-]+", name, re.ASCII) or "://" in name:
                raise ChromanticError(f"allowed host {name}: give a name without scheme or port, such as example.org")
        for origin in self.cors_origin:
            parts = urlsplit(origin)
            if origin != f"{parts.scheme}://{parts.netloc}" or parts.scheme not in ("http", "https"):
                raise ChromanticError(f"CORS origin {origin}: give scheme and name, such as https://example.org")
