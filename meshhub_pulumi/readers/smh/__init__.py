"""Service Mesh Hub's and Gloo Mesh's documents become the same specs and snapshots as our own."""
