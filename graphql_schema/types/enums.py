"""The enums of the API. A member's value is what the column holds; its name is what clients see."""

from __future__ import annotations

from enum import Enum

import strawberry


@strawberry.enum(description="Level of certification (级别).")
class Level(Enum):
    """省级 or 星级."""

    PROVINCIAL = "provincial"
    STAR = "star"


@strawberry.enum(description="Where an application stands (状态).")
class ApplicationStatus(Enum):
    """The states of domain.md's life of an application."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    STREET_ENDORSED = "street_endorsed"
    COUNTY_RECOMMENDED = "county_recommended"
    CITY_REVIEWED = "city_reviewed"
    SITE_VISITED = "site_visited"
    PUBLICISED = "publicised"
    REPORTED = "reported"
    CERTIFIED = "certified"
    NOT_CERTIFIED = "not_certified"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


@strawberry.enum(description="Kind of unit (单位类型).")
class UnitKind(Enum):
    """From the city down to the community."""

    CITY = "city"
    COUNTY = "county"
    STREET = "street"
    COMMUNITY = "community"
    VILLAGE = "village"


@strawberry.enum(description="Kind of tenant (租户类型).")
class TenantLevel(Enum):
    """The city, or a county beneath it."""

    CITY = "city"
    COUNTY = "county"


@strawberry.enum(description="What became of a predecessor (沿革).")
class LineageKind(Enum):
    """How a unit came from another."""

    MOVED = "moved"
    MERGED = "merged"
    SPLIT = "split"
    RENAMED = "renamed"


@strawberry.enum(description="Stage of an opinion (意见环节).")
class OpinionStage(Enum):
    """Who gave the opinion, in order."""

    STREET = "street"
    COUNTY = "county"
    CITY = "city"
    SITE_VISIT = "site_visit"


@strawberry.enum(description="An opinion's verdict (意见结论).")
class OpinionVerdict(Enum):
    """同意 or 不同意."""

    AGREE = "agree"
    REFUSE = "refuse"


@strawberry.enum(description="Part of the standard (标准部分).")
class StandardPart(Enum):
    """平台建设, 服务, 指标."""

    PLATFORM = "platform"
    SERVICES = "services"
    INDICATORS = "indicators"


@strawberry.enum(description="Kind of list (名单类型).")
class RosterKind(Enum):
    """排序, 公示, 报送, 认定."""

    RANKING = "ranking"
    PUBLICITY = "publicity"
    REPORT = "report"
    DECISION = "decision"


@strawberry.enum(description="What a list says of an application (名单结论).")
class RosterVerdict(Enum):
    """The verdicts of a list's items."""

    SELECTED = "selected"
    NOT_SELECTED = "not_selected"
    LISTED = "listed"
    CERTIFIED = "certified"
    NOT_CERTIFIED = "not_certified"


@strawberry.enum(description="A person's role (角色).")
class RoleName(Enum):
    """Who acts."""

    COMMUNITY_CLERK = "community_clerk"
    STREET_OFFICER = "street_officer"
    COUNTY_OFFICER = "county_officer"
    CITY_OFFICER = "city_officer"
    REVIEW_TEAM = "review_team"
    AUDITOR = "auditor"
    TENANT_ADMINISTRATOR = "tenant_administrator"


@strawberry.enum(description="What a tenant grants another (授权范围).")
class GrantScope(Enum):
    """监督 (read and act), or 审计 (read)."""

    OVERSEE = "oversee"
    AUDIT = "audit"
