"""The round of 2022 and the years behind it, up to star level in 2026, on their own days: every step is a request over HTTP by the person whose step it is.

Beside what is done stands what is refused and why. `play` goes on behind the last step that was kept; within a step every request id is
fixed, so what is repeated answers with its first receipt.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Final

from xingji.demo.chapters import city, divisions, filing, history, later, reviews
from xingji.demo.clock import shanghai
from xingji.demo.telling import Teller, Told

Step = Callable[[Teller], Awaitable[str]]
ROUND: Final[tuple[tuple[datetime, str, Step], ...]] = (
    (shanghai(4, 25), "市局印发方案，开启批次", city.open_campaign),
    (shanghai(4, 26), "纸质历史补录，县市双证", history.import_paper),
    (shanghai(4, 26, 15), "填表并上传佐证材料", filing.attach),
    (shanghai(4, 27), "社区（行政村）提出申请", filing.apply),
    (shanghai(5, 5), "街道（乡镇）签署意见", filing.street),
    (shanghai(5, 6), "退回补正后重报", filing.resubmit),
    (shanghai(5, 10), "县（市、区）择优推荐", filing.recommend),
    (shanghai(5, 11), "越权与重复签署", filing.beyond),
    (shanghai(5, 12), "撤回并腾出名额", filing.withdraw),
    (shanghai(5, 16), "逾期申报与延期", filing.late),
    (shanghai(5, 16, 11), "逾期草稿失效", filing.lapse),
    (shanghai(5, 16, 14), "市局初审", city.review),
    (shanghai(5, 17), "市局实地考察", city.visit),
    (shanghai(5, 17, 15), "市局比较排序", city.rank),
    (shanghai(5, 18), "网站公示", city.publicise),
    (shanghai(5, 20), "群众提出异议", city.object_to),
    (shanghai(5, 23), "一件异议查无实据", city.dismiss),
    (shanghai(5, 26), "一件异议属实", city.uphold),
    (shanghai(5, 27), "公示未满不得报送", city.too_early),
    (shanghai(5, 30), "公示无异议，报送省厅", city.report),
    (shanghai(7, 15), "省厅认定", city.decide),
    (shanghai(3, 1, year=2023), "2023 年度复查：计划与抽签", partial(reviews.plan, year=2023)),
    (shanghai(5, 10, year=2023), "现场复查（离线补传）", partial(reviews.inspect, year=2023)),
    (shanghai(6, 1, year=2023), "随机实名查询", reviews.check_register),
    (shanghai(7, 20, year=2023), "整改复核", partial(reviews.mend, year=2023)),
    (shanghai(9, 1, year=2023), "县市确认", partial(reviews.confirm, year=2023)),
    (shanghai(1, 22, year=2024), "两个社区合并", divisions.merge),
    (shanghai(3, 1, year=2024), "2024 年度复查：计划与抽签", partial(reviews.plan, year=2024)),
    (shanghai(5, 10, year=2024), "现场复查", partial(reviews.inspect, year=2024)),
    (shanghai(9, 2, year=2024), "县市确认", partial(reviews.confirm, year=2024)),
    (shanghai(2, 5, year=2025), "一个街道划归他县", divisions.move),
    (shanghai(3, 3, year=2025), "2025 年度复查：计划与抽签", partial(reviews.plan, year=2025)),
    (shanghai(5, 12, year=2025), "现场复查", partial(reviews.inspect, year=2025)),
    (shanghai(9, 1, year=2025), "县市确认", partial(reviews.confirm, year=2025)),
    (shanghai(4, 20, year=2026), "2026 星级批次（演示）", later.open_campaign),
    (shanghai(4, 21, year=2026), "全市一问：谁可申报星级", later.survey),
    (shanghai(4, 22, year=2026), "申报星级", later.apply),
    (shanghai(5, 11, year=2026), "街道、县级意见", later.recommend),
    (shanghai(5, 18, year=2026), "初审、考察、排序、公示", later.review),
    (shanghai(5, 26, year=2026), "报送省厅", later.decide),
    (shanghai(7, 15, year=2026), "省厅认定", later.certify),
)
STEPS: Final = len(ROUND)


class Story(Teller):
    """The whole round."""

    async def play(self) -> Told:
        """Play what was not played yet. Raises StoryError when a step goes otherwise than the notice says."""
        for number, (moment, title, step) in enumerate(ROUND, start=1):
            if number > self.told.steps:
                self.clock.travel(moment)
                self.show(f"[{number:2}/{STEPS}] {moment:%Y-%m-%d} {title}", await step(self))
                self.told.steps = number
                self.keep(self.told)
        return self.told
