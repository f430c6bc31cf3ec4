"""Floor 4: receivers feed processors feed the store. A receiver decodes; the pipeline stores; only then is a reply sent."""
