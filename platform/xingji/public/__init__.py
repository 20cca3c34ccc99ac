"""The public page: what everybody reads and does without signing in, as HTML (http/public.py routes it)."""
