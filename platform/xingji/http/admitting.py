"""What every transport does before an operation runs: the document is found, priced, and charged to whoever asks."""

from collections.abc import Hashable
from functools import partial

from graphql_schema.documents import Operation
from xingji.http.budgets import Budgets
from xingji.http.requests import Asked
from xingji.http.settings import P, S, Service


def admit(
    service: Service[P, S], budgets: Budgets, asked: Asked, who: Hashable, *, known: bool
) -> tuple[Operation, int]:
    """The operation and its price, charged, as is the reading of a text that is new here; `known` is whether `who` has signed in. Raises RequestError; HttpError 429."""
    charge = partial(budgets.charge, who, known=known)
    operation = service.documents.find(asked.document, asked.operation_name, known=known, charge=charge)
    price = service.documents.price(operation, asked.variables)
    charge(price)
    return operation, price
