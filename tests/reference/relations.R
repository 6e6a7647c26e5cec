# Between and within correlations (psych::statsBy) and a lagged partial correlation, for tests/models/relations/test_relations.py.
# Rscript relations.R   writes relations.json beside it, with the data it was computed from.
suppressMessages({library(psych); library(jsonlite)})
set.seed(4)
n_children <- 40; n_waves <- 4
d <- expand.grid(wave = 1:n_waves, child = 1:n_children)
between <- matrix(rnorm(n_children * 3), ncol = 3) %*% chol(matrix(c(1, .6, .3, .6, 1, .4, .3, .4, 1), 3))
d$availability <- round(between[d$child, 1] + rnorm(nrow(d)), 4)
d$trust <- round(between[d$child, 2] + .4 * d$availability + rnorm(nrow(d)), 4)
d$acceptance <- round(between[d$child, 3] + rnorm(nrow(d)), 4)
d <- d[-c(3, 17, 18, 41, 77, 101), ]
s <- statsBy(d[, c("child", "availability", "trust", "acceptance")], "child", cors = FALSE)
now <- d; now$wave <- now$wave + 1
both <- merge(d, now, by = c("child", "wave"), suffixes = c("", "_before"))
lag <- cor(resid(lm(trust ~ trust_before, both)), resid(lm(availability_before ~ trust_before, both)))
# cluster jackknife of atanh(r), by refitting without each child
z_without <- function(f) sapply(1:n_children, function(i) atanh(f(d[d$child != i, ])))
jack <- function(z) sqrt((length(z) - 1) / length(z) * sum((z - mean(z))^2))
rb <- function(d) statsBy(d[, c("child", "availability", "trust")], "child", cors = FALSE)$rbg[1, 2]
rw <- function(d) statsBy(d[, c("child", "availability", "trust")], "child", cors = FALSE)$rwg[1, 2]
write_json(list(data = d, between = unname(s$rbg), within = unname(s$rwg), lagged = lag, n_lagged = nrow(both),
                se_z_between = jack(z_without(rb)), se_z_within = jack(z_without(rw))),
           "relations.json", digits = 15, auto_unbox = TRUE)
