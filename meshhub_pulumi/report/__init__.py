"""Reports: pure printers of manifests and findings; nothing here reads, compiles or writes."""
