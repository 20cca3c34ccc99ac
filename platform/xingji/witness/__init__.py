"""A witness (见证人): a small process of its own that cosigns what grows, remembers it, and keeps the evidence of a fork."""
