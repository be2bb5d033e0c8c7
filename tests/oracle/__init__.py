"""A package, so that the control planes end with the last of its tests."""
