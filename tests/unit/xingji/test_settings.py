"""Settings: what wins over what, and what is refused."""

import re
from pathlib import Path

import pytest

from graphql_schema.documents import READING
from graphql_schema.limits import Limits
from xingji.databases import mask_url
from xingji.errors import SettingInvalidError
from xingji.settings import LEAST_BUDGET, read_settings

URL = "postgresql://app:secret@db/xingji"


def test_defaults_serve_this_machine_only() -> None:
    settings = read_settings({})
    assert (settings.home, settings.host, settings.port) == (Path(".xingji"), "127.0.0.1", 8000)
    assert not settings.introspection
    assert settings.database_url is None


def test_arguments_win_over_the_environment() -> None:
    environ = {"XINGJI_HOME": "/data", "XINGJI_PORT": "9000"}
    assert read_settings(environ).home == Path("/data")
    settings = read_settings(environ, home=Path("/mine"), port=0)
    assert (settings.home, settings.port) == (Path("/mine"), 0)


def test_introspection_is_on_in_the_demo_unless_switched_off() -> None:
    assert read_settings({}, demo=True).introspection
    assert not read_settings({"XINGJI_INTROSPECTION": "off"}, demo=True).introspection
    assert read_settings({"XINGJI_INTROSPECTION": "1"}).introspection


def test_a_url_is_read_from_a_file_and_kept_out_of_sight(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(URL + "\n")
    settings = read_settings({"XINGJI_DATABASE_URL_FILE": str(file)})
    assert settings.database_url == URL
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"XINGJI_PORT": "65536"}, "XINGJI_PORT"),
        ({"XINGJI_PORT": "-1"}, "XINGJI_PORT"),
        ({"XINGJI_PORT": "八"}, "XINGJI_PORT"),
        ({"XINGJI_TSA_URL": "http://tsa.test/"}, "XINGJI_TSA_URL"),
        ({"XINGJI_TSA_URL": "tsa.test", "XINGJI_TSA_CERTIFICATES": "x"}, "XINGJI_TSA_URL"),
        ({"XINGJI_TSA_URL": "file:///x", "XINGJI_TSA_CERTIFICATES": "x"}, "XINGJI_TSA_URL"),
        ({"XINGJI_TSA_SECONDS": "0"}, "XINGJI_TSA_SECONDS"),
        ({"XINGJI_INTROSPECTION": "maybe"}, "XINGJI_INTROSPECTION"),
        ({"XINGJI_DATABASE_URL": "mysql://app:secret@db"}, "XINGJI_DATABASE_URL"),
        ({"XINGJI_DATABASE_URL": URL, "XINGJI_DATABASE_URL_FILE": "/x"}, "XINGJI_DATABASE_URL"),
        ({"XINGJI_DATABASE_URL_FILE": "/nonexistent"}, "XINGJI_DATABASE_URL_FILE"),
        ({"XINGJI_MIGRATOR_URL": URL}, "XINGJI_MIGRATOR_URL"),
        ({"XINGJI_METRICS": "9464"}, "XINGJI_METRICS"),
        ({"XINGJI_METRICS": "localhost:metrics"}, "XINGJI_METRICS"),
        ({"XINGJI_TRACES": "127.0.0.1:4318"}, "XINGJI_TRACES"),
    ],
)
def test_a_wrong_setting_is_refused_by_name_and_without_secrets(environ: dict[str, str], name: str) -> None:
    with pytest.raises(SettingInvalidError) as refusal:
        read_settings(environ)
    assert refusal.value.details["name"] == name
    assert name in refusal.value.message_zh
    assert "secret" not in str(refusal.value)


def test_an_address_of_numbers_is_a_host_and_a_port() -> None:
    assert read_settings({"XINGJI_METRICS": "[::1]:9464"}).metrics == ("::1", 9464)
    assert read_settings({}).metrics is None


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        (URL, "postgresql://app:***@db/xingji"),
        ("postgresql://app:se:c@/x?host=/a", "postgresql://app:***@/x?host=/a"),
        ("postgresql://app@db/x?password=secret&port=1", "postgresql://app@db/x?password=***&port=1"),
        ("postgresql://db/x", "postgresql://db/x"),
    ],
)
def test_masking_removes_the_password_only(url: str, masked: str) -> None:
    assert mask_url(url) == masked


def test_every_variable_stands_in_the_operators_table_and_is_read_somewhere() -> None:
    root = Path(__file__).parents[3]
    table = [
        line.split("|")[1]
        for line in (root / "docs/guides/operating.md").read_text("utf-8").splitlines()
        if line.startswith("| `XINGJI_")
    ]
    told = re.findall(r"XINGJI_[A-Z_]+", " ".join(table))
    sources = [
        *(root / "platform").rglob("*.py"),
        *(root / "deploy").rglob("*.*ml"),
        *(root / "deploy/systemd").iterdir(),
    ]
    read = {
        name.removesuffix("_FILE") if name.endswith("_URL_FILE") else name
        for path in sources
        for name in re.findall(r"XINGJI_[A-Z_]*[A-Z]", path.read_text("utf-8"))
    }
    assert set(told) == read


def test_a_budget_pays_for_any_one_document_or_there_is_none() -> None:
    assert Limits().price == LEAST_BUDGET >= READING + Limits().document_bytes
    assert read_settings({"XINGJI_BUDGET": "0"}).budget == 0
    assert read_settings({"XINGJI_STRANGER_BUDGET": str(LEAST_BUDGET)}).stranger_budget == LEAST_BUDGET
    for name in ("XINGJI_BUDGET", "XINGJI_STRANGER_BUDGET"):
        for text in ("1", str(LEAST_BUDGET - 1), "-1", "1e9"):
            with pytest.raises(SettingInvalidError, match=name):
                read_settings({name: text})
