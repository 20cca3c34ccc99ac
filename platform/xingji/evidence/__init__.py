"""Evidence (佐证材料): receiving files, looking at them, keeping them under their SHA-256, and finding what is missing."""
