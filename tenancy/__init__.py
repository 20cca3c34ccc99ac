"""Whose data, and who acts: tenants, units, people, roles, tokens, the tenant-bound connection."""
