"""What happened, provably:

entries, chain, heads, row digests, verification. Takes a connection and plain values.
"""
