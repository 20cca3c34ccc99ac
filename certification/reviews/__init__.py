"""Annual reviews (年度复查) and spot checks (随机实名查询): who looks at what, what they found, and what it came to."""
