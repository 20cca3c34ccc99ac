"""The GraphQL documents of the story: what a client of a county or the city would send."""

_RECEIPT = "receipt { origin sequence hash replayed }"
_REFUSED = "... on Refusal { code messageZh messageEn clause }"
_APPLICATION = f"""__typename
    ... on ApplicationRecorded {{ application {{ id status form {{ hash }} }} {_RECEIPT} }}
    {_REFUSED}"""
_ROSTER = f"""__typename
    ... on RosterRecorded {{
      roster {{ id kind opensOn closesOn items {{ position communityName verdict reason application {{ id }} }} }}
      {_RECEIPT} followed {{ origin sequence hash }}
    }}
    {_REFUSED}"""


def _mutation(field: str, selection: str) -> str:
    name = field[0].upper() + field[1:]
    return f"""mutation {name}($requestId: ID!, $input: {name}Input!) {{
  {field}(requestId: $requestId, input: $input) {{
    {selection}
  }}
}}"""


OPEN_CAMPAIGN = _mutation(
    "openCampaign",
    f"__typename ... on CampaignRecorded {{ campaign {{ id code name }} {_RECEIPT} }} {_REFUSED}",
)
FILE_APPLICATION = _mutation("fileApplication", _APPLICATION)
SAVE_FORM = _mutation("saveForm", _APPLICATION)
SUBMIT_APPLICATION = _mutation("submitApplication", _APPLICATION)
GIVE_OPINION = _mutation("giveOpinion", _APPLICATION)
RECORD_SITE_VISIT = _mutation("recordSiteVisit", _APPLICATION)
RETURN_APPLICATION = _mutation("returnApplication", _APPLICATION)
WITHDRAW_APPLICATION = _mutation("withdrawApplication", _APPLICATION)
LAPSE_APPLICATION = _mutation("lapseApplication", _APPLICATION)
RANK_APPLICATIONS = _mutation("rankApplications", _ROSTER)
OPEN_PUBLICITY = _mutation("openPublicity", _ROSTER)
CLOSE_PUBLICITY = _mutation("closePublicity", _ROSTER)
REPORT_TO_PROVINCE = _mutation("reportToProvince", _ROSTER)
RECORD_DECISION = _mutation("recordDecision", _ROSTER)


def _recorded(typename: str, field: str, selection: str) -> str:
    return f"__typename ... on {typename} {{ {field} {{ {selection} }} {_RECEIPT} }} {_REFUSED}"


PROPOSE_EXTENSION = _mutation("proposeExtension", _recorded("ExtensionRecorded", "extension", "id"))
CONFIRM_EXTENSION = _mutation("confirmExtension", _recorded("ExtensionRecorded", "extension", "id"))
PROPOSE_LEGACY_RECORDS = _mutation(
    "proposeLegacyRecords", _recorded("LegacyProposed", "community", "legacyRecords { id year kind }")
)
ATTEST_LEGACY_RECORD = _mutation("attestLegacyRecord", _recorded("LegacyRecorded", "record", "id"))
FILE_OBJECTION = _mutation(
    "fileObjection", f"__typename ... on ObjectionFiled {{ code {_RECEIPT} }} {_REFUSED}"
)
ACCEPT_OBJECTION = _mutation("acceptObjection", _recorded("ObjectionRecorded", "objection", "id"))
DECIDE_OBJECTION = _mutation(
    "decideObjection",
    f"__typename ... on ObjectionRecorded {{ objection {{ id }} {_RECEIPT} followed {{ origin sequence hash }} }} {_REFUSED}",
)
PLAN_REVIEW_CYCLE = _mutation(
    "planReviewCycle",
    _recorded(
        "ReviewCycleRecorded", "cycle", "id reviews(first: 100) { edges { node { community { name } } } }"
    ),
)
OPEN_DRAW = _mutation("openDraw", _recorded("DrawRecorded", "draw", "id status"))
COMMIT_SECRET = _mutation("commitSecret", _recorded("DrawRecorded", "draw", "id status"))
REVEAL_SECRET = _mutation("revealSecret", _recorded("DrawRecorded", "draw", "id status seed result"))
RECORD_INSPECTION = _mutation(
    "recordInspection",
    _recorded("AnnualReviewRecorded", "review", "id status result conflicts { key }"),
)
CONFIRM_REVIEW = _mutation("confirmReview", _recorded("AnnualReviewRecorded", "review", "id status"))
COMMIT_REGISTER_LIST = _mutation("commitRegisterList", _recorded("RegisterListRecorded", "list", "id"))
ANSWER_SPOT_CHECK = _mutation("answerSpotCheck", _recorded("DrawRecorded", "draw", "id status"))
PROPOSE_UNIT_CHANGE = _mutation("proposeUnitChange", _recorded("UnitChangeRecorded", "change", "id"))
CONFIRM_UNIT_CHANGE = _mutation(
    "confirmUnitChange",
    f"__typename ... on UnitChangeRecorded {{ change {{ id }} {_RECEIPT} followed {{ origin sequence hash }} }} {_REFUSED}",
)
ADD_PERSON = _mutation("addPerson", _recorded("PersonRecorded", "person", "id"))
ASSIGN_ROLE = _mutation("assignRole", _recorded("RoleRecorded", "role", "id"))

COMPARISON = """query Comparison($id: ID!) {
  node(id: $id) { ... on Application { comparison(from: 1, to: 2) { label changed } } }
}"""
NOTICES = """{ publicNotices(first: 100, filter: {kind: PUBLICITY}) { edges { node {
  noticeId level opensOn closesOn items { position communityName publicity { closesOn daysCounted stopped } }
} } } }"""
OBJECTION_STATUS = "query Status($code: String!) { objectionStatus(code: $code) { status publicReason } }"
OBJECTIONS = "{ objections(first: 100) { edges { node { id position status communityName text } } } }"
CAMPAIGN = (
    "query Campaign($code: String!) { campaigns(filter: {code: $code}) { edges { node { id name } } } }"
)
NODE = "query Node($id: ID!) { node(id: $id) { id __typename } }"
NODE_ITEMS = "query Items($id: ID!) { node(id: $id) { ... on Roster { items { verdict communityName application { id } } } } }"
TRAY = """query Tray {
  applications(first: 100) {
    edges { node { id status level tenant { code } community { name } form { hash } } }
  }
}"""
LISTS = "query Lists($kind: RosterKind!) { rosters(first: 100, filter: {kind: $kind}) { edges { node { id level } } } }"
PLAN = """query Plan($code: String!) {
  campaigns(filter: {code: $code}) { edges { node { publicityPlan { opensOn counted reportFrom obstacle { code } } } } }
}"""
REVIEW_DAY = """{ reviewDay { id level status year round dueOn community { id name } } }"""
ELIGIBLE = """query Eligible($level: Level!) {
  standings(first: 100, filter: {level: $level, eligible: true}) { edges { node { community { name } streak } } }
}"""
CERTIFIED_ON = """query CertifiedOn($level: Level!, $on: Date!) {
  certifiedOn(first: 100, level: $level, on: $on) { totalCount }
}"""
FORM_HISTORY = """query FormHistory($id: ID!) { node(id: $id) { ... on Application { form { certifiedOn reviews { year result } } } } }"""
DRAWN = "query Drawn($id: ID!) { node(id: $id) { ... on Draw { drawn { position } } } }"
REVIEWS = """query Reviews($year: Int!) {
  annualReviews(first: 100, filter: {year: $year}) { edges { node {
    id level status result overdue community { name } tenant { code } verdicts { id stage round verdict }
  } } }
}"""
PASTE = (
    'mutation {{ signIn(input: {{tenantCode: "{code}", login: "county", password: "{password}"}}) '
    "{{ ... on SignedIn {{ token }} }} }}"
)
FIRST_QUERY = "{ applications(first: 10) { edges { node { status community { name } opinions { stage verdict text givenAt } } } } }"
PUBLIC_QUERY = "{ publicNotices { edges { node { level kind opensOn closesOn documentNumber items { communityName result } } } } }"
