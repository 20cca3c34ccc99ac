"""The object types: each says once where its fields come from."""
