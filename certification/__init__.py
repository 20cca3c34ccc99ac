"""What it means: campaigns, standards, applications, opinions, publicity, certification."""
