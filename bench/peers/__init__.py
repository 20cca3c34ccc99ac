"""What Xingji's reads are measured against besides the limit: servers that others wrote for the same purpose."""
