"""What the outside may ask: types, queries, mutations, permissions and the one read path."""
