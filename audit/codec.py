"""Reading and writing JSON, by orjson where it is installed and else by the standard library: the same answers.

`load` takes UTF-8 bytes of one JSON value and raises ValueError for anything else; where the two libraries differ, the standard
library is held to orjson: no NaN or Infinity, no byte order mark, no lone surrogates, no number beyond a double, integers beyond
64 bits as floats. (Beyond nine hundred levels of nesting the two may give another reason for the same refusal.) `dump` writes without white space in the order of the keys; `dump_sorted` sorts ASCII
keys. Both raise ValueError or TypeError for text that is not Unicode. What is canonical is `audit.canonical`'s to say.
"""

import importlib.util
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn

_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_DIGITS: Final = len(str(2**64)) + 1


@dataclass(frozen=True, slots=True)
class Codec:
    """One library's three functions."""

    name: str
    load: Callable[[bytes], Any]
    dump: Callable[[Any], bytes]
    dump_sorted: Callable[[Any], bytes]


def find_codec() -> Codec:
    """The quickest that is installed."""
    return standard_codec() if importlib.util.find_spec("orjson") is None else orjson_codec()


def orjson_codec() -> Codec:
    """Raises ModuleNotFoundError where orjson is not installed."""
    import orjson

    return Codec(
        "orjson", orjson.loads, orjson.dumps, lambda value: orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    )


def standard_codec() -> Codec:
    """The standard library."""
    reader = json.JSONDecoder(parse_float=_number, parse_int=_integer, parse_constant=_refuse)
    writer = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
    sorter = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"), sort_keys=True)

    def load(data: bytes) -> Any:
        try:
            value = reader.decode(data.decode("utf-8"))
        except RecursionError as error:
            raise ValueError("too deep") from error
        if _SURROGATE.search(data) is not None:
            writer.encode(value).encode("utf-8")
        return value

    return Codec(
        "json",
        load,
        lambda value: writer.encode(value).encode("utf-8"),
        lambda value: sorter.encode(value).encode("utf-8"),
    )


def _number(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number beyond a double")
    return number


def _integer(text: str) -> int | float:
    if len(text) <= _DIGITS:
        number = int(text)
        if -(2**63) <= number < 2**64:
            return number
    return _number(text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)
