"""Two compiles compared by what the mesh does differently: no difference of names, order or layout counts."""
