"""From scores to answers: each is a spec, the rows it uses, a fit and a Result."""
