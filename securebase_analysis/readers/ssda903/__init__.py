"""The English SSDA903 return of children looked after: its files, code sets and validity rules."""
