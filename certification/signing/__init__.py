"""Officers' keys: who has one, who vouches for it, which acts need one, and how an act comes to be signed."""
