# Placements cut where scores become known, as survival::tmerge cuts them, and Cox models of the rows.
# Run in this folder: Rscript follow_up.R   (writes follow_up.json)
library(survival)
library(jsonlite)
set.seed(903)

n <- 90
placements <- data.frame(
  id = seq_len(n),
  lasted = sample(5:900, n, replace = TRUE),
  status = rbinom(n, 1, 0.5),
  entry = ifelse(runif(n) < 0.4, sample(1:200, n, replace = TRUE), 0)
)
placements <- placements[placements$lasted > placements$entry, ]
scores <- data.frame(id = sample(placements$id, 500, replace = TRUE), day = sample(0:950, 500, replace = TRUE))
# Some are measured on the very day on which the placement ends, some on the day of entry.
ends <- sample(placements$id, 25)
scores <- rbind(scores, data.frame(id = ends, day = placements$lasted[match(ends, placements$id)]))
begins <- sample(placements$id, 25)
scores <- rbind(scores, data.frame(id = begins, day = placements$entry[match(begins, placements$id)]))
scores <- unique(scores)
scores <- scores[order(scores$id, scores$day), ]
scores$availability <- round(rnorm(nrow(scores)), 3)
scores$trust <- round(rnorm(nrow(scores)), 3)

rows <- tmerge(placements["id"], placements, id = id, tstart = entry, tstop = lasted, event = event(lasted, status))
rows <- tmerge(rows, scores, id = id, availability = tdc(day, availability), trust = tdc(day, trust))
model <- coxph(Surv(tstart, tstop, event) ~ availability + trust, rows, ties = "efron")
clustered <- coxph(Surv(tstart, tstop, event) ~ availability + trust, rows, ties = "efron", cluster = id)

write_json(
  list(
    r = R.version.string, survival = as.character(packageVersion("survival")),
    placements = placements, scores = scores,
    rows = as.data.frame(rows)[c("id", "tstart", "tstop", "event", "availability", "trust")],
    coefficients = unname(coef(model)), vcov = unname(vcov(model)), clustered = unname(vcov(clustered)),
    log_likelihood = model$loglik, n_events = model$nevent
  ),
  "follow_up.json", digits = NA, auto_unbox = TRUE, na = "null"
)
