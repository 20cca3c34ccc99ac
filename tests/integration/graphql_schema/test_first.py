from tests.integration.graphql_schema.world import *


async def test_it(ask):
    for who, p in READERS.items():
        r = await ask(
            "{ viewer { name tenant{name} roles{role unit{name}} } applications(first: 2) { totalCount pageInfo{hasNextPage endCursor startCursor hasPreviousPage} edges { cursor node { id status level createdAt community { name code } street{name} campaign{name rosters{edges{node{id kind items{position citedSeq application{id}}}}}} opinions { stage text givenAt formHash} form { contactName mobilePhone fixedPhone } certification{ citedSeq} ledgerEntries(last:1){edges{cursor node{seq}}} availableActions{action} } } } }",
            p,
        )
        print(who, r)
    assert 0
