"""What the actors write. Made up for the demonstration, and said to be so; names of places are real."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SITUATION = (
    "{community}隶属{county}{street}。社区设有就业服务站，“六到位”齐备，办公场所68平方米，专职人员3名，均持证上岗。"
    "（本表为演示数据。）"
)
NARRATIVE = (
    "{community}把促进居民就业摆在社区工作首位。一是摸清底数，逐户走访，劳动力资源信息全部录入全省统一公共就业信息系统，"
    "实行动态管理；二是精准帮扶，对残疾人、困难家庭未就业大学生等重点对象建立一人一策台账，零就业家庭保持动态为零；"
    "三是搭建平台，全年举办招聘活动12场，发布岗位信息1860条，组织技能培训6期、创业培训2期，推荐率100%；"
    "四是文明服务，实行入户走访和一次告知，服务对象满意率96%。登记失业人员就业率、就业困难人员就业率均达到认定标准。"
    "（以上数字为演示数据。）"
)
OPINIONS: Mapping[str, str] = {
    "STREET": "经实地核查，材料属实，同意申报。",
    "COUNTY": "对照认定标准择优比选，同意推荐。",
    "CITY": "材料齐全，符合省级充分就业社区认定标准，同意推荐。",
}
VISIT = "实地查看就业服务站、公示栏和台账，随机抽查实名登记，与申报材料一致。"
ITEMS = tuple(f"1.{n}" for n in range(1, 8)) + tuple(f"2.{n}" for n in range(1, 7))
CONTACT: Mapping[str, Any] = {"name": "演示联系人", "fixedPhone": "0394-8000000"}


def findings() -> list[dict[str, Any]]:
    """A verdict on each of the thirteen items that somebody must look at: all are met."""
    return [{"code": code, "verdict": "MEETS"} for code in ITEMS]


def form_of(county: str, street: str, community: str) -> dict[str, Any]:
    """The typed fields of a community's form."""
    words = {"county": county, "street": street, "community": community}
    return {
        "situation": SITUATION.format(**words),
        "narrative": NARRATIVE.format(**words),
        "contact": dict(CONTACT),
    }
