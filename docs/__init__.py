"""Documentation: Markdown for people, and the pages of it that the code itself writes (`python -m docs.generate`)."""
