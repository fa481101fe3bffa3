"""What the API offers: as a document for programs, as a page for people."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language

from accounts.access import public
from api import openapi as drawing
from api.problems import PROBLEMS, problem

_METHODS: Final = ("get", "post", "put", "patch", "delete")


def _get_only(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD"}:
            return view(request)
        answer = problem(request, "method_not_allowed")
        answer["Allow"] = "GET, HEAD"
        return answer

    return guarded


def _language() -> str:
    return "fr" if (get_language() or "").startswith("fr") else "en"


@public
@_get_only
def openapi(request: HttpRequest) -> HttpResponse:
    """GET /api/v1/openapi.json"""
    return JsonResponse(drawing.document(_language()))


@public
@_get_only
def reference(request: HttpRequest) -> HttpResponse:
    """GET /api/v1/: every operation with its fields, and every code of refusal. Needs no script."""
    document = drawing.document(_language())
    context = {
        "operations": list(_operations(document)),
        "shapes": list(_shapes(document)),
        "origin": settings.PUBLIC_URL,
        "problems": [(code, *texts) for code, texts in PROBLEMS.items()],
    }
    return render(request, "api/reference.html", context)


def _operations(document: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    shapes = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if found := methods.get(method):
                yield {
                    "id": found["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "summary": found.get("summary", ""),
                    "description": found.get("description", ""),
                    "scope": found["security"][0]["token"][0],
                    "parameters": found.get("parameters", []),
                    "body": list(_names(_content(found.get("requestBody", {})), shapes)),
                    "example": _example(found.get("requestBody", {})),
                    "answers": [_answer(status, one, shapes) for status, one in sorted(found["responses"].items())],
                }


def _example(body: Mapping[str, Any]) -> str:
    """A body that could be sent, as JSON; empty where there is none."""
    for kind in body.get("content", {}).values():
        for example in kind.get("examples", {}).values():
            return json.dumps(example["value"], indent=2, ensure_ascii=False)
    return ""


def _answer(status: str, found: Mapping[str, Any], shapes: Mapping[str, Any]) -> dict[str, Any]:
    return {"status": status, "text": found.get("description", ""), "shapes": list(_names(_content(found), shapes))}


def _content(found: Mapping[str, Any]) -> Mapping[str, Any]:
    kinds: Mapping[str, Any] = found.get("content", {})
    first: Mapping[str, Any] = next(iter(kinds.values()), {})
    schema: Mapping[str, Any] = first.get("schema", {})
    return schema


def _names(schema: Mapping[str, Any], shapes: Mapping[str, Any]) -> Iterator[str]:
    """The shapes with fields to which a schema leads, through lists and choices."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if shapes[name].get("properties"):
            yield name
        else:
            yield from _names(shapes[name], shapes)
    for part in (*schema.get("oneOf", ()), *schema.get("allOf", ()), *_items(schema)):
        yield from _names(part, shapes)


def _items(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    items = schema.get("items")
    return (items,) if isinstance(items, dict) else ()


def _shapes(document: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    shapes = document["components"]["schemas"]
    for name, shape in sorted(shapes.items()):
        if shape.get("properties"):
            required = set(shape.get("required", ()))
            fields = [
                {
                    "name": field,
                    "kind": _kind(schema, shapes),
                    "text": schema.get("description", ""),
                    "shape": next(_names(schema, shapes), ""),
                    "required": field in required,
                }
                for field, schema in shape["properties"].items()
            ]
            yield {"name": name, "fields": fields}


def _kind(schema: Mapping[str, Any], shapes: Mapping[str, Any]) -> str:
    """What a field holds, in the words of JSON."""
    if "$ref" in schema:
        target = shapes[schema["$ref"].rpartition("/")[2]]
        return "" if target.get("properties") else _kind(target, shapes)
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return " | ".join(filter(None, (_kind(part, shapes) for part in schema[several])))
    kind = schema.get("type", "")
    words = " | ".join(kind) if isinstance(kind, list) else kind
    return f"{words} ({schema['format']})" if schema.get("format") else words
