"""The public page at /public/: server-rendered, without login and without a script (xingji/public/).

    /public/                    publicity lists         /public/objections/new      object (GET the form, POST it)
    /public/results             decisions               /public/objections/filed    its receipt
    /public/proof               a QR code held          /public/objections/status   how it stands, by code
                                against the ledger      /public/proof/file          the proof as a file

Rules upheld here: every read and act goes through the API as a stranger's (public/asking.py); a form is taken from a page of this
site alone, by what the browser says of where it comes from, as there is no session to bind it to; a code is never put into an address.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from audit.errors import AuditError
from audit.proof import format_proof
from xingji.http.budgets import Budgets
from xingji.http.clients import find_client
from xingji.http.compressing import accepts_gzip, compress
from xingji.http.errors import HttpError
from xingji.http.ledger import format_tag
from xingji.http.negotiation import CHINESE, ENGLISH, choose_locale
from xingji.http.requests import read_body
from xingji.http.settings import HttpSettings, Service, Sought
from xingji.public.asking import Asker, NotAnsweredError
from xingji.public.pages import STYLE, STYLE_TAG, render
from xingji.public.receipts import COOKIE, SECONDS, pack, unpack
from xingji.public.reference import NAMES, Reference, parse_reference, read_reference

FORM_BYTES: Final = 65_536
PROOF_PRICE: Final = 1_000
POLICY: Final = (
    b"content-security-policy",
    b"default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
)
# `no-referrer` would make a browser say that our own forms come from nowhere.
_HEADERS: Final = {"referrer-policy": "same-origin", "x-frame-options": "DENY"}
_TRIED: Final = "xingji_form"
_POSITION: Final = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_LABELS: Final = {"text": "异议内容", "name": "姓名", "contact": "联系方式"}
_SPENT: Final = frozenset({"request.conflict", "request.malformed", "request.not_uuid"})


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request of the page."""

    request: Request
    settings: HttpSettings
    budgets: Budgets

    @property
    def service(self) -> Service[Any, Any]:
        found: Service[Any, Any] = self.request.state.service
        return found

    @property
    def locale(self) -> str:
        given = self.request.query_params.get("lang", "")
        if given in ("en", "zh"):
            return ENGLISH if given == "en" else CHINESE
        return choose_locale(self.request.headers.get("accept-language", "").encode("latin-1"))

    def ask(self) -> Asker:
        client = find_client(self.request.scope, self.settings.trusted_proxies)
        return Asker(self.service, self.budgets, client, self.locale, self.request.state.trace_id)

    async def show(self, name: str, status: int = 200, *, keep: bool = False, **values: Any) -> Response:
        """A page; with `keep` one that a browser may hold and ask again whether it still is so."""
        query = self.request.query_params
        body = render(name, self.locale, query.get("lang"), self.request.url.path, query, values)
        headers = {**_HEADERS, "vary": "accept-language, accept-encoding", "cache-control": "no-store"}
        if keep:
            headers |= {"cache-control": "no-cache", "etag": format_tag(body)}
            known = self.request.headers.get("if-none-match", "")[:2_000].split(",")
            if headers["etag"] in {f"W/{tag.strip().removeprefix('W/')}" for tag in known}:
                return Response(status_code=304, headers=headers)
        if accepts_gzip(self.request.headers.get("accept-encoding", "").encode("latin-1")):
            body = await compress(body)
            headers["content-encoding"] = "gzip"
        return Response(body, status, headers, media_type="text/html")

    async def refuse(self, status: int, zh: str, en: str, seconds: int | None = None) -> Response:
        response = await self.show("refused.html", status, message=zh if self.locale == CHINESE else en)
        if seconds is not None:
            response.headers["retry-after"] = str(seconds)
        return response


_Answer = Callable[[_Visit], Awaitable[Response]]


def public_routes(settings: HttpSettings, budgets: Budgets) -> tuple[BaseRoute, ...]:
    """The routes of the public page."""

    def route(path: str, answer: _Answer, *methods: str) -> Route:
        return Route(path, partial(_receive, settings, budgets, answer), methods=methods or ("GET",))

    return (
        Route("/public", _redirect, methods=["GET"]),
        Route("/public/style.css", _answer_style, methods=["GET"]),
        route("/public/", _answer_notices),
        route("/public/results", _answer_results),
        route("/public/objections/new", _answer_form, "GET", "POST"),
        route("/public/objections/filed", _answer_filed),
        route("/public/objections/status", _answer_status, "GET", "POST"),
        route("/public/proof", _answer_proof),
        route("/public/proof/file", _answer_proof_file),
        route("/public/{path:path}", _answer_missing),
    )


async def _receive(settings: HttpSettings, budgets: Budgets, answer: _Answer, request: Request) -> Response:
    visit = _Visit(request, settings, budgets)
    request.state.policy = POLICY
    try:
        async with asyncio.timeout(settings.request_seconds):
            return await answer(visit)
    except NotAnsweredError as refusal:
        return await visit.refuse(refusal.status, refusal.zh, refusal.en, refusal.seconds)
    except HttpError as refusal:
        return await visit.refuse(refusal.status, refusal.zh, refusal.en)
    except AuditError:
        return await visit.refuse(503, "该账本目前无法给出证明。", "This log cannot give a proof at present.")
    except TimeoutError:
        zh = "处理超时。如在提交异议，请用同一页面再次提交，不会重复受理。"
        return await visit.refuse(
            503, zh, "It took too long. An objection sent again from the same page counts once."
        )


async def _redirect(_: Request) -> Response:
    return RedirectResponse("/public/", 308)


async def _answer_style(_: Request) -> Response:
    headers = {"cache-control": "public, max-age=31536000, immutable", "etag": STYLE_TAG}
    return Response(STYLE, headers=headers, media_type="text/css")


async def _answer_notices(visit: _Visit) -> Response:
    found = await visit.ask().lists("PUBLICITY", visit.request.query_params.get("after"))
    return await visit.show("notices.html", keep=True, page=found)


async def _answer_results(visit: _Visit) -> Response:
    found = await visit.ask().lists("DECISION", visit.request.query_params.get("after"))
    return await visit.show("results.html", keep=True, page=found)


async def _answer_missing(visit: _Visit) -> Response:
    return await visit.show("missing.html", 404)


async def _answer_form(visit: _Visit) -> Response:
    """The form, or what became of it: 303 to the receipt, 422 or 429 with the words as they were typed."""
    given = await _read_form(visit) if visit.request.method == "POST" else dict(visit.request.query_params)
    position = given.get("position", "")
    asker = visit.ask()
    notice = await asker.find_publicity(given.get("notice", ""))
    items = notice["items"] if notice is not None and _POSITION.fullmatch(position) else []
    item = next((one for one in items if one["position"] == int(position)), None)
    if notice is None or item is None:
        return await visit.show("missing.html", 404)
    show = partial(visit.show, "objection.html", notice=notice, item=item)
    if visit.request.method == "GET":
        response = await show(given={}, errors={}, request_id=str(uuid4()))
        response.set_cookie(_TRIED, "1", path="/public", httponly=True, samesite="strict")
        return response
    request_id = _parse_uuid(given.get("request_id", ""))
    values = {"noticeId": notice["noticeId"], "position": item["position"]}
    values |= {"text": given.get("text", "").replace("\r\n", "\n").strip()}
    values |= {name: given.get(name, "").strip() or None for name in ("name", "contact")}
    try:
        filed = await asker.file(request_id, values)
    except NotAnsweredError as refusal:
        message = refusal.zh if visit.locale == CHINESE else refusal.en
        return await show(refusal.status, given=given, errors={"": message}, request_id=request_id)
    if filed["__typename"] == "ObjectionFiled":
        return await _show_receipt(visit, filed)
    message = filed["messageZh"] if visit.locale == CHINESE else filed["messageEn"]
    labels = (name for name, label in _LABELS.items() if filed["messageZh"].startswith(label))
    name = next(labels, "") if filed["code"] == "field.refused" else ""
    status = 429 if filed["retryAfter"] is not None else 422
    again = str(uuid4()) if filed["code"] in _SPENT else request_id
    response = await show(status, given=given, errors={name: message}, request_id=again)
    if filed["retryAfter"] is not None:
        response.headers["retry-after"] = str(filed["retryAfter"])
    return response


async def _show_receipt(visit: _Visit, filed: dict[str, Any]) -> Response:
    """By another page, so that reloading sends nothing; at once to a browser that brings no cookies."""
    packed = pack(filed)
    if _TRIED not in visit.request.cookies:
        return await visit.show("filed.html", receipt=unpack(packed))
    lang = visit.request.query_params.get("lang")
    where = "/public/objections/filed" + (f"?lang={lang}" if lang in ("en", "zh") else "")
    response = RedirectResponse(where, 303, {**_HEADERS, "cache-control": "no-store"})
    secure = visit.request.url.scheme == "https"
    response.set_cookie(
        COOKIE,
        packed,
        SECONDS,
        path="/public/objections/filed",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    return response


async def _answer_filed(visit: _Visit) -> Response:
    return await visit.show("filed.html", receipt=unpack(visit.request.cookies.get(COOKIE, "")))


async def _answer_status(visit: _Visit) -> Response:
    if visit.request.method == "GET":
        return await visit.show("status.html", asked=False, found=None)
    given = await _read_form(visit)
    found = await visit.ask().status(given.get("code", "").strip()[:200])
    return await visit.show("status.html", 200 if found else 404, asked=True, found=found)


async def _answer_proof(visit: _Visit) -> Response:
    """Whoever brings an entry's hash is told whether it stands there; who brings another is not told which does."""
    query = visit.request.query_params
    text = query.get("text", "")
    reference = parse_reference(text) if text else read_reference(query)
    if reference is None:
        asked = bool(text) or any(name in query for name in NAMES)
        return await visit.show(
            "proof.html", 422 if asked else 200, asked=asked, text=text, reference=None, sought=None
        )
    sought = await _seek(visit, reference)
    status = 200 if sought is not None and sought.proof is not None else 404
    return await visit.show("proof.html", status, asked=True, text=text, reference=reference, sought=sought)


async def _answer_proof_file(visit: _Visit) -> Response:
    reference = read_reference(visit.request.query_params)
    sought = None if reference is None else await _seek(visit, reference)
    if reference is None or sought is None or sought.proof is None:
        return await visit.show("missing.html", 404)
    name = f"{sought.code}-{reference.sequence}.tlog-proof"
    headers = {
        **_HEADERS,
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{name}"',
    }
    return Response(format_proof(sought.proof), 200, headers, media_type="text/plain")


async def _seek(visit: _Visit, reference: Reference) -> Sought | None:
    if visit.service.logs is None:
        return None
    visit.ask().charge(PROOF_PRICE)
    return await visit.service.logs.find_proof(reference.origin, reference.sequence, reference.hash)


async def _read_form(visit: _Visit) -> dict[str, str]:
    """The fields of a form of ours. Raises HttpError."""
    headers = visit.request.headers
    _check_ours(headers.get("sec-fetch-site"), headers.get("origin"), headers.get("host", ""))
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    malformed = ("http.form", "表单内容无法读取。", "The form could not be read.")
    if kind != "application/x-www-form-urlencoded":
        raise HttpError(415, *malformed)
    declared = headers.get("content-length", "").encode("latin-1")
    body = await read_body(visit.request.receive, declared, FORM_BYTES)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        raise HttpError(400, *malformed) from None
    return dict(pairs)


def _check_ours(site: str | None, origin: str | None, host: str) -> None:
    """Raise HttpError 403 unless the browser says that the form is of this site; one that says nothing is not heard."""
    ours = origin is not None and urlsplit(origin).netloc == host
    if not ours or site not in (None, "same-origin"):
        raise HttpError(
            403,
            "http.foreign_form",
            "此表单须从本网站的页面提交。请回到页面重新填写。",
            "This form has to be sent from a page of this site.",
        )


def _parse_uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return str(uuid4())
