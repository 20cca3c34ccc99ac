"""From a query's text to the operation to run: bounded, parsed and validated, and remembered.

Bounds come first: bytes before the parser, tokens inside it, the expanded size before validation (whose worst rules
are quadratic), and no more than a screenful of errors after it. A valid document is kept by the SHA-256 of its text,
within a count and a weight, those of strangers on a shelf of their own; a refused one in a small store of its own, so that a flood of bad
documents cannot push the good ones out. No store holds anything of a tenant: only text that validated against the public schema.

A request may name a document that is known here by its hash instead of sending it: one of the operator's trusted documents (`graphql_schema.trusted`),
which are never forgotten, or one that somebody sent before. Where `only` the trusted ones are served, no other text is even parsed.

Of variables nothing reaches a store but how long the pages are that they ask for, which is what the price of a document depends on.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)

from graphql_schema.errors import DOCUMENT_INVALID, CodedError, RequestError, cut_message
from graphql_schema.limits import Limits, find_excess, measure_document, refuse_size
from graphql_schema.price import Pages, find_defaults, find_pages, find_size_variables, size_of

_RULES_WITHOUT_INTROSPECTION: Final[tuple[type[ASTValidationRule], ...]] = (
    NoSchemaIntrospectionCustomRule,
    *specified_rules,
)
READING: Final = 1_000
"""What it costs to read a text that is not kept here, in values, beside one a byte: a short one takes a millisecond, in which a thousand values are answered."""


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of a valid document. `key` (bytes, 32) names text and operation: plans may be cached by it.

    `price` is what it may answer at the least; the variables in `paged_by` (with their defaults) make it more. `weight` is its document's length in bytes.
    """

    document: DocumentNode
    definition: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    kind: OperationType
    name: str | None
    key: bytes
    price: int = 0
    paged_by: Mapping[str, object] = field(default_factory=dict)
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request names: a text, or the hash (bytes, 32) of one that is known here, or both, which must agree.

    `automatic`: in the form of automatic persisted queries, whose clients send the text when they hear that it is not known.
    """

    text: str | None
    digest: bytes | None = None
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class _Document:
    """A valid document's operations by name, and its weight in bytes of text."""

    operations: Mapping[str | None, Operation]
    weight: int


class _Shelf:
    """Valid documents, within a count and a weight; what was not asked for longest goes first."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._kept: OrderedDict[bytes, _Document] = OrderedDict()
        self._weight = 0

    def find(self, digest: bytes) -> _Document | None:
        """The document of this hash."""
        document = self._kept.get(digest)
        if document is not None:
            self._kept.move_to_end(digest)
        return document

    def put(self, digest: bytes, document: _Document) -> None:
        """Keep a document that is not here yet."""
        self._kept[digest] = document
        self._weight += document.weight
        limits = self._limits
        while len(self._kept) > limits.cached_documents or self._weight > limits.cached_bytes:
            self._weight -= self._kept.popitem(last=False)[1].weight


class Documents:
    """The documents of one schema under one set of limits, remembered; for one event loop."""

    def __init__(
        self, schema: GraphQLSchema, limits: Limits, trusted: Iterable[str] = (), *, only: bool = False
    ) -> None:
        """`trusted` are texts that are never forgotten; with `only` nothing else is served. Raises RequestError for one that is not valid."""
        self.schema, self.limits, self.only = schema, limits, only
        self._pages = find_pages(schema)
        self._known, self._strange = _Shelf(limits), _Shelf(limits)
        self._refused: OrderedDict[bytes, RequestError] = OrderedDict()
        self._prices: OrderedDict[tuple[bytes, tuple[int, ...]], int] = OrderedDict()
        self._trusted = {
            hash_text(text): self._parse(hash_text(text), text, len(text.encode())) for text in trusted
        }

    def prepare(self, query: str, operation_name: str | None = None) -> Operation:
        """The operation of a text of our own, or of one who has signed in. Raises RequestError as `find`."""
        return _pick(self._find(query, self._known), operation_name)

    def find(
        self,
        wanted: Wanted,
        operation_name: str | None = None,
        *,
        known: bool = True,
        charge: Callable[[int], None] | None = None,
    ) -> Operation:
        """The operation to run; `known` is whether somebody who has signed in asks for it.

        `charge` is called before a text is read that is not kept here, with what reading it costs, in values; what it raises comes out.

        Raises:
            RequestError: the text breaks a limit, does not parse or validate, or has no such operation; or nothing is known by the hash, it is
                not the text's, or the document is not among the trusted ones where only these are served.
        """
        return _pick(self._get(wanted, known, charge), operation_name)

    def check(self, text: str) -> None:
        """Raises RequestError for a text that is not a valid document."""
        self._find(text, self._known)

    def price(self, operation: Operation, variables: Mapping[str, Any] | None) -> int:
        """The values that it may answer at most, with these variables. Raises RequestError for more than is allowed."""
        price = operation.price
        if operation.paged_by:
            given = variables or {}
            sizes = tuple(size_of(given.get(name, usual)) for name, usual in operation.paged_by.items())
            price = self._prices.get((operation.key, sizes), 0) or self._measure(operation, sizes)
        if price > self.limits.price:
            raise RequestError([refuse_size("price", self.limits.price)])
        return price

    def _measure(self, operation: Operation, sizes: tuple[int, ...]) -> int:
        found, _ = measure_document(
            operation.document, self._pages, dict(zip(operation.paged_by, sizes, strict=True))
        )
        definitions = (
            node for node in operation.document.definitions if isinstance(node, OperationDefinitionNode)
        )
        price = next(
            size.price for size, node in zip(found, definitions, strict=True) if node is operation.definition
        )
        self._prices[operation.key, sizes] = price
        if len(self._prices) > self.limits.cached_prices:
            self._prices.popitem(last=False)
        return price

    def _get(self, wanted: Wanted, known: bool, charge: Callable[[int], None] | None) -> _Document:
        text, digest = wanted.text, wanted.digest
        if digest is not None and (trusted := self._trusted.get(digest)) is not None:
            if text is not None and hash_text(text) != digest:
                raise RequestError([_OTHER_HASH])
            return trusted
        if text is None:
            found = None
            if digest is not None and not self.only:
                found = self._known.find(digest) or self._strange.find(digest)
            if found is None:
                raise RequestError([_NOT_KEPT if wanted.automatic else _UNKNOWN])
            return found
        return self._find(text, self._known if known else self._strange, digest, self.only, charge)

    def _find(
        self,
        query: str,
        shelf: _Shelf,
        given: bytes | None = None,
        only: bool = False,
        charge: Callable[[int], None] | None = None,
    ) -> _Document:
        text = query.encode("utf-8", "surrogatepass")
        if len(text) > self.limits.document_bytes:
            raise RequestError([refuse_size("document_bytes", self.limits.document_bytes)])
        digest = hashlib.sha256(text).digest()
        if given is not None and given != digest:
            raise RequestError([_OTHER_HASH])
        if (trusted := self._trusted.get(digest)) is not None:
            return trusted
        if only:
            raise RequestError([_UNTRUSTED])
        found = self._known.find(digest) or self._strange.find(digest)
        if found is None:
            if charge is not None:
                charge(READING + len(text))
            found = self._read(digest, query, len(text))
            shelf.put(digest, found)
        return found

    def _read(self, digest: bytes, query: str, weight: int) -> _Document:
        if (known := self._refused.get(digest)) is not None:
            raise RequestError(known.errors)
        try:
            return self._parse(digest, query, weight)
        except RequestError as refusal:
            self._refused[digest] = refusal.with_traceback(None)
            if len(self._refused) > self.limits.cached_refusals:
                self._refused.popitem(last=False)
            raise RequestError(refusal.errors) from None

    def _parse(self, digest: bytes, query: str, weight: int) -> _Document:
        return _read_document(self.schema, query, self.limits, self._pages, digest, weight)


def hash_text(text: str) -> bytes:
    """The SHA-256 (32 bytes) of a document's text, by which it is named."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _pick(document: _Document, operation_name: str | None) -> Operation:
    operation = document.operations.get(operation_name)
    if operation is None:
        raise RequestError([_refuse_name(document, operation_name)])
    return operation


def prepare(schema: GraphQLSchema, query: str, operation_name: str | None, limits: Limits) -> Operation:
    """`Documents.prepare` for one text, remembering nothing."""
    return Documents(schema, limits).prepare(query, operation_name)


def _read_document(
    schema: GraphQLSchema, query: str, limits: Limits, pages: Pages, digest: bytes, weight: int
) -> _Document:
    try:
        ast = parse(query, max_lexical_tokens=limits.tokens, max_comments=limits.tokens)
    except GraphQLSyntaxError as error:
        raise RequestError([_explain_syntax(error, limits)]) from None
    if (excess := find_excess(ast, limits, pages)) is not None:
        raise RequestError([excess])
    rules = None if limits.introspection else _RULES_WITHOUT_INTROSPECTION
    errors = validate(schema, ast, rules, limits.errors, hide_suggestions=not limits.introspection)
    if errors:
        raise RequestError([_explain_validation(error) for error in errors[: limits.errors]])
    return _Document(_list_operations(ast, digest, pages, weight), weight)


def _list_operations(
    ast: DocumentNode, digest: bytes, pages: Pages, weight: int
) -> dict[str | None, Operation]:
    """The operations by name; the only one of a document also goes without its name."""
    fragments = {
        node.name.value: node for node in ast.definitions if isinstance(node, FragmentDefinitionNode)
    }
    operations: dict[str | None, Operation] = {}
    sizes, paged_by = iter(measure_document(ast, pages)[0]), find_size_variables(ast)
    for node in ast.definitions:
        if isinstance(node, OperationDefinitionNode):
            name = node.name.value if node.name else None
            key = hashlib.sha256(digest + (name or "").encode()).digest()
            price = next(sizes).price
            operations[name] = Operation(
                ast, node, fragments, node.operation, name, key, price, find_defaults(node, paged_by), weight
            )
    if len(operations) == 1:
        operations.setdefault(None, next(iter(operations.values())))
    return operations


def _explain_syntax(error: GraphQLSyntaxError, limits: Limits) -> CodedError:
    if error.description.startswith("Document contains more than"):
        return refuse_size("tokens", limits.tokens)
    zh = f"查询文本有语法错误：{cut_message(error.description)}"
    return CodedError("document.syntax", zh, cut_message(error.message), locations=error.locations)


def _explain_validation(error: GraphQLError) -> CodedError:
    """A copy that holds neither the document nor a traceback."""
    message = cut_message(error.message)  # it is kept with the refusal
    return CodedError(DOCUMENT_INVALID, f"查询未通过校验：{message}", message, locations=error.locations)


def _refuse_name(document: _Document, operation_name: str | None) -> CodedError:
    if operation_name is not None:
        return CodedError(
            "operation.unknown",
            "查询文本中没有 operationName 指定的操作。",
            "The document has no operation of the name in operationName.",
        )
    if not document.operations:
        return CodedError("operation.missing", "查询文本中没有任何操作。", "The document has no operation.")
    return CodedError(
        "operation.ambiguous",
        "查询文本有多个操作，请用 operationName 指定其一。",
        "The document has several operations: name one in operationName.",
    )


_NOT_KEPT: Final = CodedError("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound", "PersistedQueryNotFound")
"""In the words that clients of automatic persisted queries wait for, whatever the language."""
_UNKNOWN: Final = CodedError(
    "document.unknown",
    "这里没有 documentId 指定的查询文本。",
    "No document is known here by this documentId.",
)
_OTHER_HASH: Final = CodedError(
    "document.hash", "所给哈希不是该查询文本的 SHA-256。", "The hash is not the SHA-256 of the document."
)
_UNTRUSTED: Final = CodedError(
    "document.untrusted",
    "本服务只受理登记在册的查询文本。",
    "Only documents that the operator has listed are served here.",
)
