"""A package, so that the clusters end with the last of its tests."""
