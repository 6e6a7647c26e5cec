# Models of disruption from survival and cmprsk, as they come out of the public verb.
# Rscript disruption.R FOLDER_WITH_COHORTS disruption.json      (cohorts: python disruption_cohorts.py FOLDER)
suppressMessages({library(survival); library(cmprsk); library(jsonlite)})
arguments <- commandArgs(TRUE)
data <- function(name) read.csv(file.path(arguments[1], paste0(name, ".csv")))
lung <- data("lung"); cgd <- data("cgd"); bladder <- data("bladder"); mgus2 <- data("mgus2"); kidney <- data("kidney")
veteran <- data("veteran"); moves <- data("moves"); exits <- data("exits"); placements <- data("placements")
placements$first <- as.integer(placements$first == "True")
tight <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 60)
cox <- function(...) {
  call <- sys.call(); call[[1]] <- quote(coxph)
  call$control <- quote(tight); call$x <- TRUE; call$model <- TRUE
  suppressWarnings(eval(call, parent.frame()))
}
plain <- function(x) unname(unclass(x))

of_cox <- function(fit) {
  naive <- if (is.null(fit$naive.var)) fit$var else fit$naive.var
  zph <- function(transform) {
    table <- cox.zph(fit, transform = transform)$table
    list(chi2 = plain(table[, "chisq"]), df = plain(table[, "df"]), p = plain(table[, "p"]))
  }
  list(terms = names(coef(fit)), beta = plain(coef(fit)), std_error = sqrt(diag(fit$var)), naive = sqrt(diag(naive)),
       n = fit$n, n_events = fit$nevent, log_likelihood = fit$loglik[2], lr = 2 * diff(fit$loglik),
       score = fit$score, wald = plain(fit$wald.test), aic = AIC(fit),
       concordance = plain(concordance(fit)$concordance),
       km = zph("km"), rank = zph("rank"), identity = zph("identity"), log = zph("log"))
}
cgd$many <- pmin(ave(cgd$status, cgd$id, FUN = function(s) 1 + cumsum(s) - s), 3)
bladder$move <- ave(bladder$event, bladder$id, FUN = function(s) 1 + cumsum(s) - s)
veteran$celltype <- factor(veteran$celltype)
fits <- list(
  lung = cox(Surv(time, status == 2) ~ age + sex + ecog, lung),
  lung_factor = cox(Surv(time, status == 2) ~ age * sex + factor(ecog), lung[is.na(lung$ecog) | lung$ecog < 3, ]),
  lung_inst = cox(Surv(time, status == 2) ~ age + sex + ecog, lung[!is.na(lung$inst), ], cluster = inst),
  cgd = cox(Surv(tstart, tstop, status) ~ treated + age + linked + steroids, cgd, cluster = id),
  cgd_total = cox(Surv(tstart, tstop, status) ~ treated + age + strata(many), cgd, cluster = id),
  bladder_ag = cox(Surv(start, stop, event) ~ rx + size + number, bladder, cluster = id),
  bladder_total = cox(Surv(start, stop, event) ~ rx + size + number + strata(move), bladder, cluster = id),
  bladder_gap = cox(Surv(gap, event) ~ rx + size + number + strata(move), bladder, cluster = id),
  veteran = cox(Surv(time, status) ~ trt + karno + strata(celltype), veteran),
  veteran_breslow = cox(Surv(time, status) ~ karno + celltype + factor(prior), veteran, ties = "breslow"),
  moves = cox(Surv(start, stop, event) ~ difficulty + kinship, moves, cluster = carer),
  moves_weighted = cox(Surv(start, stop, event) ~ difficulty + kinship + strata(site), moves, cluster = carer,
                       weights = weight),
  mgus2_death = cox(Surv(months, cause == 2) ~ age + male + mspike, mgus2),
  placements = cox(Surv(start, stop, ending == "breakdown") ~ difficulty * kind + first, placements, cluster = carer),
  placements_home = cox(Surv(start, stop, ending == "home") ~ difficulty + kind, placements)
)

of_crr <- function(time, cause, X, ...) {
  fit <- crr(time, cause, X, gtol = 1e-12, maxiter = 30, variance = TRUE, ...)
  list(beta = plain(fit$coef), std_error = sqrt(diag(fit$var)), log_likelihood = fit$loglik)
}
of_finegray <- function(frame, entry, model) {
  frame$id <- seq_len(nrow(frame))
  outcome <- if (entry) Surv(entry, months, end) ~ . else Surv(months, end) ~ .
  wide <- finegray(outcome, frame, id = id)
  fit <- coxph(model, wide, weights = fgwt, control = tight, cluster = unit, x = TRUE, model = TRUE)
  zph <- function(transform) plain(cox.zph(fit, transform = transform)$table[, "chisq"])
  list(beta = plain(coef(fit)), std_error = sqrt(diag(fit$var)), identity = zph("identity"), log = zph("log"))
}
exits$end <- factor(exits$cause); exits$unit <- exits$carer
mgus2$end <- factor(mgus2$cause); mgus2$unit <- seq_len(nrow(mgus2))
subdistribution <- list(
  mgus2 = of_crr(mgus2$months, mgus2$cause, mgus2[, c("age", "male", "mspike")]),
  mgus2_death = of_crr(mgus2$months, mgus2$cause, mgus2[, c("age", "male", "mspike")], failcode = 2),
  exits = of_crr(exits$months, exits$cause, exits[, c("difficulty", "kinship")]),
  mgus2_wide = of_finegray(mgus2, FALSE, Surv(fgstart, fgstop, fgstatus) ~ age + male + mspike),
  exits_late_carer = of_finegray(exits, TRUE, Surv(fgstart, fgstop, fgstatus) ~ difficulty + kinship)
)

penalised <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 100, outer.max = 100)
# With sparse = TRUE, its default, R leaves out a part of the covariance; the whole is compared.
of_frailty <- function(model, frame) {
  fit <- suppressWarnings(coxph(model, frame, control = penalised))
  history <- fit$history[[1]]; p <- sum(!grepl("gamma:", names(coef(fit))))
  list(beta = plain(coef(fit))[1:p], std_error = sqrt(diag(fit$var))[1:p], theta = history$theta,
       log_likelihood = history$c.loglik)
}
frailty_models <- list(
  kidney = of_frailty(Surv(time, status) ~ age + sex + frailty(id, eps = 1e-11, sparse = FALSE), kidney),
  moves = of_frailty(Surv(start, stop, event) ~ difficulty + kinship + frailty(carer, eps = 1e-11, sparse = FALSE),
                     moves)
)

curve <- function(fit, newdata, times) {
  at <- summary(survfit(fit, newdata = newdata), times = times, extend = FALSE)
  list(time = at$time, surv = plain(at$surv), std_error = plain(at$std.err), low = plain(at$lower),
       high = plain(at$upper), hazard = plain(at$cumhaz))
}
curves <- list(
  lung = curve(fits$lung, data.frame(age = c(50, 70), sex = 1:2, ecog = c(0, 2)), c(100, 300, 600)),
  moves = curve(fits$moves, data.frame(difficulty = c(0, 1), kinship = c(0, 1)), c(6, 12, 24)),
  veteran = curve(fits$veteran, data.frame(trt = 1, karno = 60, celltype = "large"), c(30, 100, 200))
)

write_json(list(survival = as.character(packageVersion("survival")), cmprsk = as.character(packageVersion("cmprsk")),
                cox = lapply(fits, of_cox), subdistribution = subdistribution, frailty = frailty_models,
                curves = curves),
           arguments[2], digits = 15, pretty = FALSE, auto_unbox = TRUE)
