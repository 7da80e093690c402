# SPDX-License-Identifier: MIT
"""A platform's contract that is an OpenAPI document: published, or written from a contract sheet."""

import copy
import json
import re
from urllib.parse import unquote

from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from .oauth1 import check_signature
from .recording import Request

BINARY = "binary"


class Contract:
    """Operations, and what may be sent to them."""

    def __init__(self, document: dict, name: str):
        self.name = name
        self.document = _closed(copy.deepcopy(document))
        resource = Resource(contents=self.document, specification=DRAFT4)
        self.registry = Registry().with_resource("urn:contract", resource)
        self.operations = []
        for path, item in self.document["paths"].items():
            pattern = re.compile("^" + re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)) + "$")
            for method, operation in item.items():
                if method in ("get", "post", "put", "delete"):
                    self.operations.append((path.count("{"), method.upper(), path, pattern, operation))
        # What has no variable part is meant before what has one.
        self.operations.sort(key=lambda item: item[0])

    def find(self, method: str, path: str):
        """The operation's template, itself, and the values of its path; `None` when there is none."""
        for _, known, template, pattern, operation in self.operations:
            found = pattern.match(path)
            if known == method and found:
                return template, operation, {key: unquote(value) for key, value in found.groupdict().items()}
        return None

    def check(self, request: Request, secrets: dict) -> tuple[str, list[str]]:
        """The operation's name, and what is wrong with the request."""
        found = self.find(request.method, request.path)
        if not found:
            return "", [f"{self.name} has no operation {request.method} {request.path}"]
        template, operation, path_values = found
        problems = list(self._parameters(request, operation, path_values))
        problems += self._security(request, operation, secrets)
        problems += self._body(request, operation)
        return f"{request.method} {template}", problems

    def _resolve(self, value: dict) -> dict:
        if "$ref" not in value:
            return value
        target = self.document
        for step in value["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return self._resolve(target)

    def _parameters(self, request: Request, operation: dict, path_values: dict):
        declared = [self._resolve(item) for item in operation.get("parameters", [])]
        try:
            pairs = request.parameters
        except ValueError as error:
            yield f"the query cannot be read: {error}"
            return
        query = {item["name"]: item for item in declared if item["in"] == "query"}
        for name in {name for name, _ in pairs}:
            if name not in query:
                yield f"unknown query parameter {name}"
        for item in declared:
            name = item["name"]
            if item["in"] == "path":
                values = [path_values[name]] if name in path_values else []
            elif item["in"] == "header":
                values = [value for key, value in request.headers if key.lower() == name.lower()]
            else:
                values = [value for key, value in pairs if key == name]
            label = f"{item['in']} parameter {name}"
            if not values:
                if item.get("required"):
                    yield f"missing {label}"
            elif len(values) > 1 and not (item["in"] == "query" and item.get("explode", True)):
                yield f"{label} stands {len(values)} times"
            else:
                schema = self._resolve(item["schema"])
                if item.get("x-json"):
                    try:
                        value = json.loads(values[0])
                    except ValueError:
                        yield f"{label} is no JSON text"
                        continue
                elif schema.get("type") == "array":
                    texts = values if item.get("explode", True) else values[0].split(",")
                    value = [self._cast(text, self._resolve(schema["items"])) for text in texts]
                else:
                    value = self._cast(values[0], schema)
                yield from self._validate(value, item["schema"], label)
        for name in operation.get("x-refused-headers", []):
            if request.header(name) is not None:
                yield f"header {name} must not be sent"

    def _body(self, request: Request, operation: dict):
        declared = self._resolve(operation.get("requestBody", {}))
        if not declared:
            if request.size:
                yield "a body where there is none"
            return
        if not request.size:
            if declared.get("required"):
                yield "no body"
            return
        content = declared["content"]
        media = request.content_type
        if media not in content:
            yield f"content type {media}, not one of {', '.join(sorted(content))}"
            return
        schema = content[media].get("schema", {})
        if self._resolve(schema).get("format") == BINARY:
            return
        try:
            if media == "application/json":
                value = request.json()
            else:
                value = self._fields(request, media, self._resolve(schema))
        except ValueError as error:
            yield f"the body cannot be read: {error}"
            return
        yield from self._validate(value, schema, "body")

    def _fields(self, request: Request, media: str, schema: dict) -> dict:
        pairs = []
        if media == "multipart/form-data":
            for part in request.parts():
                pairs.append((part.name, BINARY if part.filename is not None else part.value.decode("utf-8")))
        elif media == "application/x-www-form-urlencoded":
            pairs = request.form()
        else:
            raise ValueError(f"{media} is not read")
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            raise ValueError("a field stands twice")
        properties = schema.get("properties", {})
        return {name: self._cast(text, self._resolve(properties.get(name, {}))) for name, text in pairs}

    @staticmethod
    def _cast(text: str, schema: dict):
        """The value that a text stands for; what does not fit stays a text, and the schema refuses it."""
        kind = schema.get("type")
        if kind == "integer" and re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
            return int(text)
        if kind == "boolean" and text in ("true", "false"):
            return text == "true"
        return text

    def _validate(self, value, schema: dict, label: str):
        absolute = _absolute(schema)
        validator = OAS30Validator(absolute, registry=self.registry, format_checker=oas30_format_checker)
        for error in sorted(validator.iter_errors(value), key=lambda item: [str(step) for step in item.path]):
            place = ".".join(str(step) for step in error.path)
            yield f"{label}{' ' + place if place else ''}: {error.message[:300]}"

    def _security(self, request: Request, operation: dict, secrets: dict):
        schemes = self.document.get("components", {}).get("securitySchemes", {})
        wanted = operation.get("security", self.document.get("security", []))
        if not wanted:
            return
        given = request.header("authorization") or ""
        accepted = []
        for item in wanted:
            for name in item:
                scheme = schemes.get(name, {})
                kind = scheme.get("scheme", "bearer" if scheme.get("type") == "oauth2" else "").lower()
                accepted.append(kind)
        kind, _, token = given.partition(" ")
        if kind.lower() not in accepted or not token.strip():
            yield f"authorization is {kind or 'missing'}, not one of {', '.join(sorted(set(accepted)))}"
        elif kind.lower() == "oauth" and "oauth_signature" in token:
            yield from check_signature(request, secrets)


def _absolute(value):
    """A schema whose references name the document."""
    if isinstance(value, dict):
        return {
            key: "urn:contract" + item if key == "$ref" and item.startswith("#") else _absolute(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_absolute(item) for item in value]
    return value


def _closed(value):
    """A document in which an object has the members that are named, and no others."""
    if isinstance(value, dict):
        value = {key: _closed(item) for key, item in value.items()}
        if isinstance(value.get("properties"), dict) and value.get("type") == "object":
            value.setdefault("additionalProperties", False)
        return value
    if isinstance(value, list):
        return [_closed(item) for item in value]
    return value
