"""From a query's text to the operation to run: bounded, parsed and validated, and remembered.

Bounds come first: bytes before the parser, tokens inside it, the expanded size before validation (whose worst rules
are quadratic), and no more than a screenful of errors after it. A valid document is kept by the SHA-256 of its text,
within a count and a weight; a refused one in a small store of its own, so that a flood of bad documents cannot push
the good ones out. Neither store holds anything of a tenant: only text that validated against the public schema.

Variables are not looked at here: their values never reach a store.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

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
from graphql_schema.limits import Limits, find_excess, refuse_size
from graphql_schema.price import Pages, find_pages

_RULES_WITHOUT_INTROSPECTION: Final[tuple[type[ASTValidationRule], ...]] = (
    NoSchemaIntrospectionCustomRule,
    *specified_rules,
)


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of a valid document. `key` (bytes, 32) names text and operation: plans may be cached by it."""

    document: DocumentNode
    definition: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    kind: OperationType
    name: str | None
    key: bytes


@dataclass(frozen=True, slots=True)
class _Document:
    """A valid document's operations by name, and its weight in bytes of text."""

    operations: Mapping[str | None, Operation]
    weight: int


class Documents:
    """The documents of one schema under one set of limits, remembered; for one event loop."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self.schema, self.limits = schema, limits
        self._pages = find_pages(schema)
        self._valid: OrderedDict[bytes, _Document] = OrderedDict()
        self._refused: OrderedDict[bytes, RequestError] = OrderedDict()
        self._weight = 0

    def prepare(self, query: str, operation_name: str | None = None) -> Operation:
        """The operation to run.

        Raises:
            RequestError: the text breaks a limit, does not parse or validate, or has no such operation.
        """
        text = query.encode("utf-8", "surrogatepass")
        if len(text) > self.limits.document_bytes:
            raise RequestError([refuse_size("document_bytes", self.limits.document_bytes)])
        digest = hashlib.sha256(text).digest()
        document = self._valid.get(digest)
        if document is None:
            document = self._read(digest, query, len(text))
        else:
            self._valid.move_to_end(digest)
        operation = document.operations.get(operation_name)
        if operation is None:
            raise RequestError([_refuse_name(document, operation_name)])
        return operation

    def _read(self, digest: bytes, query: str, weight: int) -> _Document:
        if (known := self._refused.get(digest)) is not None:
            raise RequestError(known.errors)
        try:
            document = _read_document(self.schema, query, self.limits, self._pages, digest, weight)
        except RequestError as refusal:
            self._refused[digest] = refusal.with_traceback(None)
            if len(self._refused) > self.limits.cached_refusals:
                self._refused.popitem(last=False)
            raise RequestError(refusal.errors) from None
        self._valid[digest] = document
        self._weight += weight
        while len(self._valid) > self.limits.cached_documents or self._weight > self.limits.cached_bytes:
            self._weight -= self._valid.popitem(last=False)[1].weight
        return document


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
    return _Document(_list_operations(ast, digest), weight)


def _list_operations(ast: DocumentNode, digest: bytes) -> dict[str | None, Operation]:
    """The operations by name; the only one of a document also goes without its name."""
    fragments = {
        node.name.value: node for node in ast.definitions if isinstance(node, FragmentDefinitionNode)
    }
    operations: dict[str | None, Operation] = {}
    for node in ast.definitions:
        if isinstance(node, OperationDefinitionNode):
            name = node.name.value if node.name else None
            key = hashlib.sha256(digest + (name or "").encode()).digest()
            operations[name] = Operation(ast, node, fragments, node.operation, name, key)
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
