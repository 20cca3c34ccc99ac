"""A short run of the generated cases; `./dev torture cases --cases 10000` is the whole."""

from tests.integration.siege.besieged import Besieged
from tests.integration.siege.cases import WHO, Cases


async def test_generated_operations_are_answered_as_the_specification_says(place: Besieged):
    cases = Cases(place, 20220425)
    cases.run(150)
    assert cases.counts["cases"] >= 140 and all(cases.counts[f"by {who}"] for who in WHO)
    assert place.failures() == []
    await place.check_whole()
