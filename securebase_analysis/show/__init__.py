"""From answers to pictures, tables, documents and reports."""
