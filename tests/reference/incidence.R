# Incidence of competing exits (survival::survfit, survdiff, cmprsk::cuminc), for tests/engines/test_incidence_*.py.
# Rscript incidence.R   writes incidence.json beside it, with the data it was computed from.
suppressMessages({library(survival); library(cmprsk); library(jsonlite)})
set.seed(20418)

# A simulated cohort: exits tied on days 15, 30, 45, ...; three kinds of care; carers with several children;
# some children come under observation late.
n <- 360
carer <- sample(1:150, n, TRUE)
warm <- rnorm(150, 0, .5)[carer]
care <- sample(c("foster", "kinship", "residential"), n, TRUE, c(.5, .3, .2))
site <- sample(c("north", "south"), n, TRUE)
rate <- exp(-6.4 + warm + .6 * (care == "residential"))
home <- rexp(n, rate); breakdown <- rexp(n, rate * ifelse(care == "kinship", .5, .9)); adopted <- rexp(n, rate * .3)
end <- pmin(home, breakdown, adopted); open <- runif(n, 100, 1500)
stop <- pmax(15, 15 * round(pmin(end, open) / 15))
cause <- ifelse(open < end, 0, ifelse(home == end, 1, ifelse(breakdown == end, 2, 3)))
start <- ifelse(runif(n) < .4, pmin(15 * floor(runif(n, 0, 30)), stop - 15), 0)
made <- data.frame(start, stop, cause, care, site, carer)
exact <- transform(made, stop = stop + runif(n, 0, 5))          # without ties
m <- with(mgus2, data.frame(stop = ifelse(pstat == 0, futime, ptime), cause = ifelse(pstat == 0, 2 * death, 1),
                            sex = as.character(sex)))
l <- with(lung, data.frame(stop = time, cause = status - 1, sex = as.character(sex), ecog = ph.ecog))
l <- l[!is.na(l$ecog), ]

times <- function(d) unique(as.numeric(quantile(d$stop, c(0, .1, .25, .5, .75, .9))))
# survfit 3.5 takes `cluster` for curves of several states and does not use it; its influence matrices, added up
# within clusters, give the errors.
clustered <- function(d, f, cluster) {
  s <- fit(d, f, influence = TRUE)
  inf <- s$influence.pstate
  inf <- inf[, (dim(inf)[2] - length(s$time) + 1):dim(inf)[2], , drop = FALSE]
  sapply(seq_len(dim(inf)[3]), function(k) sqrt(colSums(rowsum(inf[, , k], d[[cluster]])^2)))
}
fit <- function(d, f, cluster = NULL, ...) {
  d$state <- factor(d$cause, 0:max(d$cause))
  asked <- list(f, d, ...)
  if (!is.null(d$id)) asked$id <- d$id
  if (!is.null(cluster)) asked$cluster <- d[[cluster]]
  do.call(survfit, asked)
}
curves <- function(d, f, group = NULL, cluster = NULL) {
  one <- function(d) {
    s <- fit(d, f, cluster)
    if (!is.null(cluster)) s$std.err <- clustered(d, f, cluster)
    ends <- sapply(c("plain", "log", "log-log"), function(w) {
      e <- fit(d, f, cluster, conf.type = w)
      list(low = e$lower[, -1, drop = FALSE], high = e$upper[, -1, drop = FALSE])
    }, simplify = FALSE)
    list(time = s$time, at_risk = s$n.risk[, 1], incidence = s$pstate[, -1, drop = FALSE],
         std_error = s$std.err[, -1, drop = FALSE], surviving = s$pstate[, 1], surviving_error = s$std.err[, 1],
         interval = ends)
  }
  if (is.null(group)) list(all = one(d)) else lapply(split(d, d[[group]]), one)
}
kaplan <- function(d, f, cluster = NULL) {
  if (!is.null(cluster)) { s <- do.call(survfit, list(f, d, cluster = d[[cluster]])); return(list(time = s$time, error = s$std.err * (if (s$logse) s$surv else 1))) }
  one <- function(w) { s <- survfit(f, d, conf.type = w); list(low = s$lower, high = s$upper) }
  s <- survfit(f, d)
  list(time = s$time, at_risk = s$n.risk, events = s$n.event, censored = s$n.censor, surviving = s$surv,
       log_error = s$std.err, hazard = s$cumhaz, hazard_error = s$std.chaz,
       interval = sapply(c("plain", "log", "log-log"), one, simplify = FALSE))
}
cmp <- function(d, group, strata) {
  at <- times(d)
  ci <- cuminc(d$stop, d$cause); tp <- timepoints(ci, at)
  pack <- list(times = at, estimate = unname(tp$est), std_error = unname(sqrt(tp$var)))
  if (!missing(group)) {
    g <- if (missing(strata)) cuminc(d$stop, d$cause, d[[group]]) else cuminc(d$stop, d$cause, d[[group]], d[[strata]])
    g1 <- if (missing(strata)) cuminc(d$stop, d$cause, d[[group]], rho = 1) else cuminc(d$stop, d$cause, d[[group]], d[[strata]], rho = 1)
    tp <- timepoints(g, at)
    pack <- c(pack, list(by = rownames(tp$est), by_estimate = unname(tp$est), by_std_error = unname(sqrt(tp$var)),
                         gray = unname(g$Tests), gray_rho = unname(g1$Tests)))
  }
  pack
}
rank_test <- function(f, d, rho = 0) { s <- do.call(survdiff, list(f, d, rho = rho)); list(chi2 = s$chisq, difference = rowSums(as.matrix(s$obs - s$exp)), variance = s$var) }
# Restricted mean and time lost from R's influence matrices, each row a child: area of the influence up to the limit.
lost <- function(d, f, until, cluster = NULL) {
  s <- fit(d, f, cluster, influence = TRUE)
  keep <- s$time < until
  width <- diff(c(0, s$time[keep], until))
  area <- function(p) sum(width * c(p[1], p[keep]))
  start <- c(1, rep(0, ncol(s$pstate) - 1))
  value <- sapply(seq_along(start), function(k) sum(width * c(start[k], s$pstate[keep, k])))
  inf <- s$influence.pstate
  inf <- inf[, (dim(inf)[2] - length(s$time) + 1):dim(inf)[2], , drop = FALSE]
  if (!is.null(cluster) && dim(inf)[1] == nrow(d)) {
    inf <- simplify2array(lapply(seq_along(start), function(k) rowsum(inf[, , k], d[[cluster]])))
  }
  error <- sapply(seq_along(start), function(k) sqrt(sum((inf[, which(keep), k, drop = FALSE][, , 1] %*% width[-1])^2)))
  list(until = until, estimate = value, std_error = error)
}
rm_km <- function(d, until) {
  s <- survfit(Surv(stop, cause > 0) ~ care, d)
  t <- summary(s, rmean = until)$table
  list(until = until, estimate = unname(t[, "rmean"]), std_error = unname(t[, "se(rmean)"]))
}
numbered <- transform(made, id = seq_len(nrow(made)))
ms <- Surv(stop, state) ~ 1
late <- Surv(start, stop, state) ~ 1
out <- list(
  data = list(made = made, exact = exact, mgus2 = m, lung = l),
  curves = list(made = curves(made, ms), made_by = curves(made, ms, "care"), mgus2 = curves(m, ms),
                mgus2_by = curves(m, ms, "sex"),
                made_late = curves(numbered, late), made_late_by = curves(numbered, late, "care"),
                made_cluster = curves(made, ms, cluster = "carer"),
                made_late_cluster = curves(numbered, late, cluster = "carer")),
  kaplan = list(lung = kaplan(l, Surv(stop, cause > 0) ~ 1), made_late = kaplan(made, Surv(start, stop, cause > 0) ~ 1),
                made_cluster = kaplan(made, Surv(stop, cause > 0) ~ 1, "carer")),
  cuminc = list(made = cmp(made, "care"), made_strata = cmp(made, "care", "site"), exact = cmp(exact, "care"),
                mgus2 = cmp(m, "sex"), lung = cmp(l, "ecog")),
  rank = list(lung = rank_test(Surv(stop, cause > 0) ~ sex, l), lung_strata = rank_test(Surv(stop, cause > 0) ~ sex + strata(ecog), l),
              lung_rho = rank_test(Surv(stop, cause > 0) ~ sex, l, rho = 1), made = rank_test(Surv(stop, cause > 0) ~ care, made),
              mgus2 = rank_test(Surv(stop, cause > 0) ~ sex, m),
              exact_late = list(chi2 = coxph(Surv(start, stop, cause > 0) ~ care, exact, ties = "breslow")$score)),
  lost = list(made = lost(made, ms, 730), made_cluster = lost(made, ms, 730, "carer"),
              made_late = lost(numbered, late, 730), mgus2 = lost(m, ms, 240)),
  restricted = rm_km(made, 730),
  versions = list(R = R.version.string, survival = as.character(packageVersion("survival")), cmprsk = as.character(packageVersion("cmprsk")))
)
write_json(out, "incidence.json", digits = 17, auto_unbox = TRUE, dataframe = "columns", matrix = "rowmajor", na = "null")
