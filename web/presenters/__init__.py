"""From rows to plain view data: every word that a page shows is chosen here, in the reader's language."""
