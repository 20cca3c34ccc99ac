"""The files of deploy/: read as their own programs read them, and every command in them is one that we have."""

import importlib.util
import re
import shlex
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from xingji.cli import make_parser

DEPLOY = Path(__file__).parents[3] / "deploy"
SERVICES = ("xingji.service", "xingji-migrate.service", "xingji-backup.service")
VARIABLES = re.compile(r"XINGJI_[A-Z_]+")


def load_rehearsal() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rehearse", DEPLOY / "rehearse.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["rehearse"] = module
    spec.loader.exec_module(module)
    return module


rehearse = load_rehearsal()
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


def command_of(words: list[str]) -> str:
    """The command behind the program's name, as the program itself would read it."""
    if words[0] == "/bin/sh":
        (words,) = [shlex.split(words[2].removeprefix("exec "))]
    assert words[0] in {"/opt/xingji/bin/xingji", "xingji"}
    return str(make_parser().parse_args(words[1:]).command)


@pytest.mark.parametrize(
    ("name", "command"), list(zip(SERVICES, ("serve", "migrate", "backup"), strict=True))
)
def test_each_unit_runs_a_command_of_ours_with_settings_that_we_read(name: str, command: str) -> None:
    unit = rehearse.parse_service(DEPLOY / "systemd" / name, "/run/credentials")
    assert command_of(list(unit.argv)) == command
    told = (DEPLOY.parent / "platform/xingji/settings.py").read_text("utf-8")
    for variable, value in unit.environment.items():
        assert variable.removesuffix("_FILE") in told or variable in " ".join(unit.argv)
        if variable.endswith("_FILE"):
            assert value.removeprefix("/run/credentials/") in unit.credentials


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_is_root_or_keeps_privileges(name: str) -> None:
    service = dict(rehearse.read_unit(DEPLOY / "systemd" / name)["Service"])
    wanted = {
        "User": "xingji",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "CapabilityBoundingSet": "",
    }
    assert wanted.items() <= service.items()
    assert service["UMask"] == "0077"


def test_the_timer_starts_the_backup() -> None:
    timer = dict(rehearse.read_unit(DEPLOY / "systemd" / "xingji-backup.timer")["Timer"])
    assert (timer["Unit"], "OnCalendar" in timer) == ("xingji-backup.service", True)


def test_a_line_that_is_no_setting_is_no_unit(tmp_path: Path) -> None:
    unit = tmp_path / "x.service"
    unit.write_text("[Service]\nExecStart /bin/true\n")
    with pytest.raises(ValueError, match=r"x\.service"):
        rehearse.read_unit(unit)


def test_the_image_serves_as_nobody_special() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    build, image = rehearse.parse_containerfile(text)
    assert command_of([*image.entrypoint, *image.command]) == "serve"
    assert "/readyz" in " ".join(image.healthcheck)
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert all("--require-hashes" in step for word, step in build.steps if "pip" in step and "-r " in step)
    assert all("--no-index" in step for word, step in build.steps if word == "RUN" and step.endswith(" ."))


def test_compose_names_what_it_has_and_runs_what_we_have() -> None:
    services = COMPOSE["services"]
    assert set(services) >= {"database", "roles", "migrate", "app", "proxy", "backup"}
    for name, service in services.items():
        assert set(service.get("secrets", ())) <= COMPOSE["secrets"].keys(), name
        assert set(service.get("depends_on", ())) <= services.keys(), name
        assert set(service["networks"]) <= COMPOSE["networks"].keys(), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / source).is_file(), (name, source)
        for value in (service.get("environment") or {}).values():
            if str(value).startswith("/run/secrets/"):
                assert value.removeprefix("/run/secrets/") in service["secrets"], name
        if service["image"] == "xingji":
            words = service.get("entrypoint", ["/opt/xingji/bin/xingji"]) + service.get("command", [])
            expected = {"app": "serve"}.get(name, name)
            assert command_of(words if name != "app" else [*words, "serve"]) == expected
    assert "ports" not in services["app"] and "ports" not in services["database"]
    volumes = {volume.split(":")[1]: volume.split(":")[0] for volume in services["app"]["volumes"]}
    assert volumes["/data"] != volumes["/heads"]


def test_what_waits_for_health_waits_for_something_that_has_it() -> None:
    services = COMPOSE["services"]
    for service in services.values():
        for other, how in (service.get("depends_on") or {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other] or services[other]["image"] == "xingji"


def test_the_guide_names_every_setting_and_file_of_deploy() -> None:
    guide = (DEPLOY.parent / "docs/guides/operating.md").read_text("utf-8")
    for name in (
        *SERVICES,
        "xingji-backup.timer",
        "compose.yaml",
        "Containerfile",
        "roles.sql",
        "wheelhouse",
    ):
        assert name in guide, name
    settings = (DEPLOY.parent / "platform/xingji/settings.py").read_text("utf-8")
    assert set(VARIABLES.findall(guide)) <= {
        *VARIABLES.findall(settings),
        *(f"{name}_FILE" for name in VARIABLES.findall(settings)),
        "XINGJI_BACKUPS",
        "XINGJI_SITE",
        "XINGJI_PG_BINDIR",
        "XINGJI_OFFICER_PASSPHRASE",
    }
