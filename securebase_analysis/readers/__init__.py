"""Files as other programs wrote them, read into plain tables with a list of what was assumed."""
