"""Output languages: where patches land and how they become whole objects. Nothing here names a feature."""
