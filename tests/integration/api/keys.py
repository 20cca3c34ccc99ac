"""Officers' keys through the API, with keys in memory: a county's administrators certify each other's and ask for signatures."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.dsse import possession_pae
from tests.integration.api.divisions import unit
from tests.integration.api.kit import Caller, Stage
from tests.integration.api.test_administering import ADD_PERSON, mutation
from xingji.demo.cast import PASSWORD, County

_KEY = "... on OfficerKeyRecorded { officerKey { id key } }"
ENROL, VOUCH = mutation("enrolOfficerKey", _KEY), mutation("vouchForOfficerKey", _KEY)
CERTIFY = mutation("certifyOfficerKey", _KEY)
SET = mutation("setSigningPolicy", "... on SigningPolicyRecorded { signingPolicy { id setAt } }")
SET_READING = mutation("setLedgerReading", "... on LedgerReadingRecorded { ledgerReading { id reading } }")
KEEPERS = ("keeper1", "keeper2")


async def enrolled(stage: Stage, county: County, caller: Caller) -> dict[str, str]:
    """What names a key that the caller has just enrolled."""
    person = (await caller.get("{ viewer { personId } }"))["viewer"]["personId"]
    (row,) = await stage.rows("SELECT origin FROM tenants WHERE id = $1", county.tenant_id)
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    proof = key.sign(possession_pae(row["origin"], person, public))
    done = await caller.act(ENROL, {"publicKey": public.hex(), "proof": proof.hex()})
    assert done["__typename"] == "OfficerKeyRecorded", done
    return {"keyId": done["officerKey"]["id"], "key": done["officerKey"]["key"]}


async def ask_for_keys(stage: Stage, county: County, **policy: Any) -> None:
    """Two administrators' keys in force, an officer's that waits, and a policy."""
    admin = await stage.person(county.code, "admin")
    roles = [{"role": "TENANT_ADMINISTRATOR", "unitId": unit(county.tenant_id, county.unit_id)}]
    for login in KEEPERS:
        given = {"name": "管钥甲", "login": login, "password": PASSWORD, "roles": roles}
        assert "person" in await admin.act(ADD_PERSON, given)
    first, second = [await stage.person(county.code, login) for login in KEEPERS]
    for one, by, with_ in ((first, second, admin), (second, first, admin)):
        named = await enrolled(stage, county, one)
        assert "officerKey" in await by.act(VOUCH, named)
        assert "officerKey" in await with_.act(CERTIFY, named)
    await enrolled(stage, county, await stage.person(county.code, "county"))
    done = await admin.act(SET, policy)
    assert done["signingPolicy"]["setAt"], done


async def set_reading(stage: Stage, county: County, reading: str) -> None:
    """Who may read the county's log as files, by its administrator."""
    admin = await stage.person(county.code, "admin")
    done = await admin.act(SET_READING, {"reading": reading, "reason": f"{county.name}核查期间账本自阅。"})
    assert done["__typename"] == "LedgerReadingRecorded", done
