"""What the actors write. Made up for the demonstration, and said to be so; names of places are real."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

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
RETURN = "专职人员证书编号未填写，请补充后重报。"
CORRECTED = "专职人员证书编号：演示-001、演示-002、演示-003。"
JUSTIFICATION = "本村已完成村改居，常住居民八成以上非农就业，设有与社区相同的就业服务站，与城市社区功能相近。"
WITHDRAWAL = "两名专职人员调离，暂不具备条件，申请撤回。"
LAPSE = "申报窗口已过，草稿未提交。"
EXTENSION = "该社区办公场所搬迁，未能按期申报，材料齐备，准予延期两日。"
OBJECTIONS: Mapping[int, str] = {
    1: "该社区公示栏的招聘信息似乎很久没有更新，请核实。（演示）",
    6: "该社区办公场所实际不足五十平方米，与申报材料不符。（演示）",
}
DISMISSED = "经现场核查，公示栏每周更新，异议不成立。"
UPHELD = "经现场丈量，办公场所 42 平方米，不符合附件1 一.1，异议成立。"
TIE = "与前一名同分；前一名零就业家庭动态为零的时间更长。"
SCORES = (96, 95, 93, 93, 92, 91, 88, 86, 85, 83)
STAR_SCORES = (97, 95, 94, 92)
REASONS = (
    "重点帮扶对象就业成效突出，台账详实",
    "信息化登记率全市最高，实名查询全部相符",
    "创业带动就业效果明显，示范性强",
    "培训推荐率、满意率均居前列",
    "零就业家庭动态为零连续保持，走访记录完整",
    "工作任务重、成效显著，特色活动突出",
    "达到标准，创新举措相对较少",
    "达到标准，宣传栏更新不够及时",
    "达到标准，专职人员稳定性有待加强",
    "达到标准，本年度服务人数较少",
)
STAR_REASONS = (
    "三年复查均合格，就业困难人员就业率保持百分之百",
    "三年复查均合格，创业担保贷款到期还款率全市最高",
    "三年复查均合格，实名登记最完整",
    "三年复查均合格，服务满意率稳定",
)
ITEMS = tuple(f"1.{n}" for n in range(1, 8)) + tuple(f"2.{n}" for n in range(1, 7))
VISIT = "实地查看就业服务站、公示栏和台账，随机抽查实名登记，与申报材料一致。"
CONTACT: Mapping[str, Any] = {"name": "演示联系人", "fixedPhone": "0394-8000000"}


def findings() -> list[dict[str, Any]]:
    """A verdict on each of the thirteen items that somebody must look at: all are met."""
    return [{"code": code, "verdict": "MEETS"} for code in ITEMS]


RATIOS = {
    "labour_force_registered": (3184, 3260),
    "served_once": (42, 42),
    "registered_unemployed_employed": (41, 42),
    "hardship_employed": (28, 28),
    "satisfaction": (196, 200),
    "training_referred": (42, 42),
}
GROUPS = {
    "newly_employed": 118,
    "registered_unemployed": 42,
    "aid_recipients": 28,
    "policy_recipients": 35,
    "insurance_recipients": 9,
}
STAR_RATIOS = {"loans_repaid": (190_000_000, 200_000_000)}


def figures_of(level: str) -> list[dict[str, Any]]:
    """A community's figures: plausible, and good enough for either level."""
    ratios = {**RATIOS, **(STAR_RATIOS if level == "star" else {})}
    found: list[dict[str, Any]] = [
        {"code": code, "numerator": numerator, "denominator": denominator}
        for code, (numerator, denominator) in ratios.items()
    ]
    for code in ("certificate_held", "handled_in_system"):
        found += [
            {"code": code, "group": group, "numerator": number, "denominator": number}
            for group, number in GROUPS.items()
        ]
    found += [{"code": code, "holds": True} for code in ("reported_in_time", "complaints_solved")]
    counts = {"zero_employment_households": 0, "office_area": 86, "staff": 3}
    return found + [{"code": code, "count": number} for code, number in counts.items()]


def form_of(county: str, street: str, community: str, level: str = "provincial") -> dict[str, Any]:
    """The typed fields of a community's form."""
    words = {"county": county, "street": street, "community": community}
    return {
        "situation": SITUATION.format(**words),
        "narrative": NARRATIVE.format(**words),
        "contact": dict(CONTACT),
        "figures": figures_of(level),
    }


def scan_of(tenant: int, year: int) -> bytes:
    """What stands for the scan of a paper of a year: a PDF of one blank page that names it in its comment."""
    return (
        f"%PDF-1.4\n% demonstration {tenant} {year}\n"
        "1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n"
        "2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj\n"
        "3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]>> endobj\n"
        "trailer <</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
    ).encode()


def photograph() -> bytes:
    """A photograph that says in its EXIF where it was taken."""
    picture, exif = Image.new("RGB", (320, 240), (196, 215, 237)), Image.Exif()
    exif[0x010F] = "Exif demonstration camera"
    exif.get_ifd(0x8825)[1] = "N"
    kept = io.BytesIO()
    picture.save(kept, "JPEG", exif=exif)
    return kept.getvalue()


def decision_list(communities: Sequence[str], *, refused: bool) -> bytes:
    """The province's list as CSV: the last is refused when asked for, and one line names nobody who was reported."""
    kept = io.StringIO()
    lines = csv.writer(kept)
    lines.writerow(("社区", "结论", "理由"))
    for number, name in enumerate(communities, start=1):
        out = refused and number == len(communities)
        lines.writerow((name, "未予认定" if out else "认定", "指标未达标准" if out else "符合认定标准"))
    if refused:
        lines.writerow(("周口市 / 演示县 / 演示街道 / 演示社区", "认定", ""))
    return kept.getvalue().encode("utf-8-sig")
