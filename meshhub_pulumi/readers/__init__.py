"""Readers: whatever a user hands over becomes specs, a snapshot and findings."""
