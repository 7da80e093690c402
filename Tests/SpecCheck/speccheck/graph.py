# SPDX-License-Identifier: MIT
"""Graph's contract, from Meta's own specification format: nodes, their edges, typed parameters, fields."""

import json
import re
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator

from .recording import Request

HOSTS = ("graph.facebook.com", "graph-video.facebook.com", "graph.instagram.com")
VERSIONS = ("v25.0", "v26.0")
INSTAGRAM_NODES = ("IGUser", "IGMedia", "IGComment", "ShadowIGMediaBuilder")
PARAMETER_TYPES = {
    "string": {"type": "string"},
    "unsigned int": {"type": "integer", "minimum": 0},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "datetime": {
        "anyOf": [
            {"type": "integer", "minimum": 0},
            {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(Z|[+-]\d\d:?\d\d))?$"},
        ]
    },
    "Object": {"type": ["object", "string", "integer", "boolean"]},
    "map": {"type": "object"},
    "list": {"type": "array"},
    "file": {"const": "(a file)"},
}


class GraphContract:
    """What may be sent to which node; nodes are known by what was done with them."""

    def __init__(self, specification: dict, overrides: dict):
        self.nodes = specification["nodes"]
        self.enums = specification["enums"]
        self.objects = specification["objects"]
        for item in overrides["objects"]:
            for name, fields in item["names"].items():
                self.objects.setdefault(name, {}).update(fields)
        self.everywhere = {}
        self.fields = {}
        for item in overrides["parameters"]:
            places = item.get("operations")
            for name, kind in item["types"].items():
                if places is None:
                    self.everywhere[name] = kind
                for place in places or []:
                    node, place = place.split(" ", 1)
                    operation = self.nodes[node]["operations"].setdefault(place, {"parameters": {}})
                    operation["parameters"][name] = kind
        for item in overrides["fields"]:
            for name, subfields in item["names"].items():
                self.fields.setdefault(item["node"], {})[name] = subfields
        for item in overrides["operations"]:
            node, place = item["operation"].split(" ", 1)
            operation = self.nodes[node]["operations"].setdefault(place, {})
            operation["parameters"] = item.get("types", {})
            operation["required"] = item.get("required", [])
            if "returns" in item:
                operation["returns"] = item["returns"]
        for item in overrides["returns"]:
            for operation, target in item["operations"].items():
                node, place = operation.split(" ", 1)
                self.nodes[node]["operations"][place]["returns"] = target
        self.enums.update({name: values for item in overrides["enums"] for name, values in item["values"].items()})
        self.dead_metrics = re.compile(overrides["dead_metrics"]["pattern"])
        self.refused = {name: item["source"] for item in overrides["refused"] for name in item["names"]}
        self.kinds: dict[str, set[str]] = {}

    def learn(self, requests: list[Request]):
        """Notes what kind of node an identity is, from what was done with it."""
        by_edge = {
            "feed": "Page", "photos": "Page", "videos": "Page", "video_reels": "Page", "video_stories": "Page",
            "photo_stories": "Page", "subscribed_apps": "Page", "media_publish": "IGUser", "media": "IGUser",
            "content_publishing_limit": "IGUser",
        }
        unknown: dict[str, list] = {}
        by_field = {
            "creation_id": "ShadowIGMediaBuilder", "video_id": "AdVideo", "photo_id": "Photo", "campaign_id": "Campaign",
            "adset_id": "AdSet",
        }
        for request in requests:
            if request.host not in HOSTS:
                continue
            segments = request.segments
            if len(segments) == 3 and segments[2] in by_edge:
                self.kinds.setdefault(segments[1], set()).add(by_edge[segments[2]])
            try:
                pairs = self.values(request)
            except ValueError:
                continue
            values = dict(pairs)
            if len(segments) in (2, 3) and re.fullmatch(r"\d+", segments[1]):
                unknown.setdefault(segments[1], []).append((request, pairs))
            if request.method != "POST":
                continue
            for name, kind in by_field.items():
                if isinstance(values.get(name), str):
                    self.kinds.setdefault(values[name], set()).add(kind)
        # What is left is what takes everything that was asked of it, if anything does.
        for identity, asked in unknown.items():
            if identity in self.kinds:
                continue
            kinds = {
                node for node in self._candidates(asked[0][0].host, identity)
                if all(self._takes(node, request, pairs) for request, pairs in asked)
            }
            if kinds:
                self.kinds[identity] = kinds

    def _takes(self, node: str, request: Request, pairs: list) -> bool:
        segments = request.segments
        place = f"{request.method} {segments[2] if len(segments) == 3 else 'NODE'}"
        return place in self.nodes[node]["operations"] and not self._parameters(node, place, pairs)

    def check(self, request: Request, secrets: dict) -> tuple[str, list[str]]:
        """The operation's name, and what is wrong with the request."""
        problems = []
        for name in ("if-none-match",):
            if request.header(name) is not None:
                problems.append(f"header {name} is gone from every version")
        segments = request.segments
        if not segments or segments[0] not in VERSIONS:
            return "", [f"{request.path} has no version that is served"]
        kind, _, token = (request.header("authorization") or "").partition(" ")
        if kind != "Bearer" or not token.strip():
            problems.append("no bearer token")
        try:
            values = self.values(request)
        except ValueError as error:
            return "", problems + [f"the parameters cannot be read: {error}"]
        if len(segments) == 1 and request.method == "POST":
            return "POST / (batch)", problems + self._batch(request, values)
        name, found = self._operation(request.host, request.method, segments[1:], values)
        return name, problems + found

    def values(self, request: Request) -> list[tuple[str, object]]:
        """All parameters, from the query and the body; a file is its own value."""
        values: list[tuple[str, object]] = list(request.parameters)
        if request.body:
            if request.content_type == "application/x-www-form-urlencoded":
                values += request.form()
            elif request.content_type == "multipart/form-data":
                for part in request.parts():
                    value = "(a file)" if part.filename is not None else part.value.decode("utf-8")
                    values.append((part.name, value))
            elif request.content_type == "application/json":
                body = request.json()
                if not isinstance(body, dict):
                    raise ValueError("the body is no JSON object")
                values += list(body.items())
            else:
                raise ValueError(f"content type {request.content_type} is none that Graph reads")
        names = [name for name, _ in values]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name} stands {names.count(name)} times")
        return values

    def _batch(self, request: Request, values: list) -> list[str]:
        """Each part is a request like any other.

        Neither the specification nor the sheets describe the envelope: of it nothing but the two names in use passes, and no bound is claimed.
        """
        problems = [f"unknown parameter {name}" for name, _ in values if name not in ("batch", "include_headers")]
        try:
            parts = json.loads(dict(values)["batch"])
        except (KeyError, ValueError, TypeError):
            return problems + ["no batch"]
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            return problems + ["the batch is no list of requests"]
        for number, part in enumerate(parts):
            path, _, query = str(part.get("relative_url", "")).partition("?")
            try:
                pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
            except ValueError as error:
                problems.append(f"part {number} of the batch: {error}")
                continue
            segments = [segment for segment in path.split("/") if segment and segment not in VERSIONS]
            _, found = self._operation(request.host, part.get("method", ""), segments, pairs)
            problems += [f"part {number} of the batch: {problem}" for problem in found]
        return problems

    def _candidates(self, host: str, identity: str) -> list[str]:
        if identity == "me":
            return ["IGUser"] if host == "graph.instagram.com" else ["User", "Page", "IGUser"]
        if re.fullmatch(r"\d+_\d+", identity):
            nodes = ["PagePost", "Comment"]
        elif re.fullmatch(r"act_\d+", identity):
            nodes = ["AdAccount"]
        elif not re.fullmatch(r"\d+", identity):
            return []
        else:
            nodes = sorted(self.kinds.get(identity, [])) or [name for name in self.nodes if name not in ("User", "PagePost", "AdAccount")]
        if host == "graph.instagram.com":
            nodes = [name for name in nodes if name in INSTAGRAM_NODES]
        return nodes

    def _operation(self, host: str, method: str, segments: list[str], values: list) -> tuple[str, list[str]]:
        edge = segments[1] if len(segments) == 2 else "NODE"
        candidates = [
            name for name in self._candidates(host, segments[0] if segments else "")
            if len(segments) <= 2 and f"{method} {edge}" in self.nodes[name]["operations"]
        ]
        if not candidates:
            return "", [f"Graph has no operation {method} /{'/'.join(segments)}"]
        # What an identity stands for is not always known: one of the possible nodes must take the request.
        answers = [(name, self._parameters(name, f"{method} {edge}", values)) for name in candidates]
        name, problems = min(answers, key=lambda item: len(item[1]))
        return f"{method} {name}" + ("" if edge == "NODE" else f"/{edge}"), problems

    def _parameters(self, node: str, place: str, values: list) -> list[str]:
        operation = self.nodes[node]["operations"][place]
        problems = []
        for name, value in values:
            kind = operation["parameters"].get(name, self.everywhere.get(name))
            if name in self.refused:
                problems.append(f"{name} is refused ({self.refused[name]})")
            elif kind is None:
                problems.append(f"unknown parameter {name} of {node} {place}")
            elif kind == "fields":
                target = operation.get("returns") if not place.endswith(" NODE") else node
                problems += self._selection(value, target)
            else:
                problems += [f"parameter {name}: {problem}" for problem in self._typed(value, kind)]
                if name == "metric":
                    problems += [
                        f"the metric {metric} is gone" for metric in str(value).split(",")
                        if self.dead_metrics.search(metric)
                    ]
        names = {name for name, _ in values}
        problems += [f"missing parameter {name}" for name in operation.get("required", []) if name not in names]
        return problems

    def _typed(self, value, kind: str) -> list[str]:
        value = self._cast(value, kind)
        return [error.message[:200] for error in Draft202012Validator(self._schema(kind)).iter_errors(value)]

    def _schema(self, kind: str) -> dict:
        found = re.fullmatch(r"list<(.+)>", kind)
        if found:
            return {"type": "array", "items": self._schema(found[1])}
        if re.fullmatch(r"map<.+>", kind):
            return {"type": "object"}
        if kind in self.enums:
            return {"enum": self.enums[kind]}
        if kind in self.objects:
            fields = self.objects[kind]
            return {
                "type": "object", "additionalProperties": False,
                "properties": {name: self._schema(inner) for name, inner in fields.items() if self._is_known(inner)},
            }
        return PARAMETER_TYPES[kind]

    def _is_known(self, kind: str) -> bool:
        """Whether a type inside of an object is one that the specification here has; what has another may not be sent."""
        kind = re.sub(r"^(?:list<(.+)>|map<.+>)$", lambda found: found[1] or "map", kind)
        return kind in PARAMETER_TYPES or kind in self.enums or kind in self.objects

    def _cast(self, value, kind: str):
        """The value that a text stands for; nested values of a form are JSON text, plain lists also words and commas."""
        if not isinstance(value, str):
            return value
        found = re.fullmatch(r"list<(.+)>", kind)
        if found or kind == "list":
            try:
                items = json.loads(value)
            except ValueError:
                items = value.split(",")
            if not isinstance(items, list):
                items = value.split(",")
            return [self._cast(item, found[1]) for item in items] if found else items
        if kind in ("unsigned int", "int", "datetime") and re.fullmatch(r"-?\d+", value):
            return int(value)
        if kind == "float" and re.fullmatch(r"-?\d+(\.\d+)?", value):
            return float(value)
        if kind == "bool" and value in ("true", "false", "0", "1"):
            return value in ("true", "1")
        if kind in ("map", "Object") or kind in self.objects or kind.startswith("map<"):
            try:
                return json.loads(value)
            except ValueError:
                return value
        return value

    def _selection(self, text, node: str | None) -> list[str]:
        try:
            selection = parse_selection(text)
        except ValueError as error:
            return [f"fields: {error}"]
        return self._selected(selection, node)

    def _selected(self, selection: list, node: str | None) -> list[str]:
        if node is None:
            return ["fields are asked for where nobody knows which there are"]
        problems = []
        names = [name for name, _, _ in selection]
        problems += [f"the field {name} is asked for twice" for name in set(names) if names.count(name) > 1]
        operations = self.nodes[node]["operations"]
        extra = self.fields.get(node, {})
        for name, modifiers, inner in selection:
            problems += [
                f"the field {name} has an unknown modifier {modifier}"
                for modifier in modifiers if modifier not in ("limit", "summary", "filter", "order")
            ]
            edge = operations.get(f"GET {name}")
            if name not in self.nodes[node]["fields"] and name not in extra and edge is None:
                problems.append(f"{node} has no field {name}")
                continue
            if not inner:
                continue
            known = extra.get(name) or (edge or {}).get("returns")
            if isinstance(known, list):
                problems += [f"{name} has no field {item}" for item, _, _ in inner if item not in known]
            else:
                problems += self._selected(inner, known)
        return problems


def parse_selection(text) -> list[tuple[str, list[str], list]]:
    """`a,b.limit(1){c,d}` as names, names of modifiers, inner selections.

    Raises ValueError for what is no selection.
    """
    text = str(text)
    place = 0

    def names():
        nonlocal place
        found = []
        while True:
            match = re.compile(r"[a-z][a-z0-9_]*").match(text, place)
            if not match:
                raise ValueError(f"no name at {place} of {text}")
            place = match.end()
            modifiers, inner = [], []
            while True:
                modifier = re.compile(r"\.([a-z_]+)\([^()]*\)").match(text, place)
                if not modifier:
                    break
                modifiers.append(modifier[1])
                place = modifier.end()
            if text[place : place + 1] == "{":
                place += 1
                inner = names()
                if text[place : place + 1] != "}":
                    raise ValueError(f"no end of a brace in {text}")
                place += 1
            found.append((match[0], modifiers, inner))
            if text[place : place + 1] != ",":
                return found
            place += 1

    selection = names()
    if place != len(text):
        raise ValueError(f"unexpected {text[place:]} in {text}")
    return selection
