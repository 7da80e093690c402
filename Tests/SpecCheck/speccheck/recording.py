# SPDX-License-Identifier: MIT
"""Requests as the simulator recorded them (docs/simulator.md, recordFile)."""

import base64
import json
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote


@dataclass
class Part:
    """One part of a multipart body."""

    name: str
    value: bytes
    filename: str | None = None
    content_type: str | None = None


@dataclass
class Request:
    """One request as it came."""

    method: str
    host: str
    path: str
    query: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    size: int = 0
    omitted: int = 0
    place: str = ""

    def header(self, name: str) -> str | None:
        """A header's value; names are compared without case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def content_type(self) -> str | None:
        """The media type without parameters, in lower case."""
        value = self.header("content-type")
        return value.split(";")[0].strip().lower() if value else None

    @property
    def segments(self) -> list[str]:
        """The decoded parts of the path."""
        return [unquote(part) for part in self.path.split("/") if part]

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The query, decoded strictly."""
        return parse_qsl(self.query, keep_blank_values=True, strict_parsing=bool(self.query), errors="strict")

    def form(self) -> list[tuple[str, str]]:
        """The fields of a form body."""
        if not self.body:
            return []
        return parse_qsl(self.body.decode("utf-8"), keep_blank_values=True, strict_parsing=True, errors="strict")

    def parts(self) -> list[Part]:
        """The parts of a multipart body.

        Of a long body the middle was not recorded: that is the middle of its last file.
        """
        found = re.search(r'boundary="?([^";]+)"?', self.header("content-type") or "")
        if not found:
            raise ValueError("a multipart body without a boundary")
        boundary = b"--" + found[1].encode()
        pieces = (b"\r\n" + self.body).split(b"\r\n" + boundary)
        if pieces[0] != b"" or pieces[-1].rstrip(b"\r\n") != b"--":
            raise ValueError("a multipart body that does not begin and end with its boundary")
        return [self._part(piece) for piece in pieces[1:-1]]

    @staticmethod
    def _part(piece: bytes) -> Part:
        head, separator, value = piece.partition(b"\r\n\r\n")
        if not separator:
            raise ValueError("a part without an end of its headers")
        disposition, content_type = "", None
        for line in head.decode("utf-8").strip("\r\n").split("\r\n"):
            name, _, content = line.partition(":")
            if name.strip().lower() == "content-disposition":
                disposition = content.strip()
            elif name.strip().lower() == "content-type":
                content_type = content.strip()
        if not disposition.startswith("form-data"):
            raise ValueError("a part that is no form-data")
        names = dict(re.findall(r'(\w+)="([^"]*)"', disposition))
        if "name" not in names:
            raise ValueError("a part without a name")
        return Part(names["name"], value, names.get("filename"), content_type)

    def json(self):
        """The JSON body; a member that stands twice is refused."""

        def once(pairs):
            made = dict(pairs)
            if len(made) != len(pairs):
                raise ValueError("a member stands twice in a JSON object")
            return made

        return json.loads(self.body.decode("utf-8"), object_pairs_hook=once)

    @property
    def title(self) -> str:
        """The request in one line, for people."""
        return f"{self.method} {self.host}{self.path}" + (f"?{self.query}" if self.query else "")


def read(path) -> list[Request]:
    """The requests of one file, in order."""
    requests = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith("\n"):
                break  # The recorder was ended in the middle of its last line.
            item = json.loads(line)
            body = base64.b64decode(item["body_base64"]) if "body_base64" in item else item.get("body", "").encode()
            requests.append(
                Request(
                    item["method"], item["host"], item["path"], item["query"],
                    [(name, value) for name, value in item["headers"]], body, item["size"], item.get("omitted", 0),
                    f"{path}:{number}"))
    return requests
