"""Tables for print: one noun, written to Word, HTML, LaTeX and Excel."""
