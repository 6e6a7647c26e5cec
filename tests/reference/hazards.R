# Proportional hazards models, their residuals and checks, from survival; models of subdistribution hazards from
# cmprsk and survival::finegray; shared frailty from survival.
# Rscript hazards.R FOLDER_WITH_COHORTS hazards.json      (cohorts: python hazards_cohorts.py FOLDER)
suppressMessages({library(survival); library(cmprsk); library(jsonlite)})
arguments <- commandArgs(TRUE)
data <- function(name) read.csv(file.path(arguments[1], paste0(name, ".csv")))
lung <- data("lung"); cgd <- data("cgd"); mgus2 <- data("mgus2"); bladder <- data("bladder")
moves <- data("moves"); exits <- data("exits")
tight <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 60)
cox <- function(...) {
  call <- sys.call(); call[[1]] <- quote(coxph)
  call$control <- quote(tight); call$x <- TRUE; call$model <- TRUE
  suppressWarnings(eval(call, parent.frame()))
}
plain <- function(x) unname(unclass(x))

# ---- Cox ------------------------------------------------------------------------------------------------------------

models <- list(
  lung = cox(Surv(time, event) ~ age + sex + ph.ecog, lung),
  lung_breslow = cox(Surv(time, event) ~ age + sex + ph.ecog, lung, ties = "breslow"),
  lung_strata = cox(Surv(time, event) ~ age + ph.ecog + strata(sex), lung, cluster = inst),
  cgd = cox(Surv(tstart, tstop, status) ~ treated + age + linked + steroids, cgd, cluster = id),
  cgd_total = cox(Surv(tstart, tstop, status) ~ treated + age + strata(pmin(enum, 3)), cgd, cluster = id),
  bladder_ag = cox(Surv(start, stop, event) ~ rx + size + number, bladder, cluster = id),
  bladder_pwp_total = cox(Surv(start, stop, event) ~ rx + size + number + strata(enum), bladder, cluster = id),
  bladder_pwp_gap = cox(Surv(gap, event) ~ rx + size + number + strata(enum), bladder, cluster = id),
  mgus2 = cox(Surv(months, cause == 1) ~ age + male + mspike, mgus2),
  mgus2_age_scale = cox(Surv(age, age + months / 12, cause == 2) ~ male + mspike, mgus2),
  moves = cox(Surv(start, stop, event) ~ difficulty + kinship, moves, cluster = carer),
  moves_breslow = cox(Surv(start, stop, event) ~ difficulty + kinship, moves, cluster = carer, ties = "breslow"),
  moves_strata = cox(Surv(start, stop, event) ~ difficulty + kinship + strata(site), moves, cluster = carer),
  moves_weighted = cox(Surv(start, stop, event) ~ difficulty + kinship, moves, cluster = carer, weights = weight),
  moves_all = cox(Surv(start, stop, event) ~ difficulty + kinship + strata(site) + offset(known), moves,
                  cluster = carer, weights = weight)
)

# R 3.5's dfbeta etc. are of rows; the covariance adds them up by cluster.
of_cox <- function(fit) {
  naive <- if (is.null(fit$naive.var)) fit$var else fit$naive.var
  out <- list(beta = plain(coef(fit)), naive = sqrt(diag(naive)), log_likelihood = fit$loglik, score = fit$score,
              n_events = fit$nevent, wald = sum(coef(fit) * solve(naive, coef(fit))))
  if (!is.null(fit$naive.var)) out$clustered <- unname(fit$var)
  out
}

of_residuals <- function(fit) {
  fit$var <- if (is.null(fit$naive.var)) fit$var else fit$naive.var
  fit$naive.var <- NULL
  list(martingale = plain(resid(fit, "martingale")), deviance = plain(resid(fit, "deviance")),
       schoenfeld = plain(resid(fit, "schoenfeld")), scaled = plain(resid(fit, "scaledsch")),
       score = plain(resid(fit, "score")), dfbeta = plain(resid(fit, "dfbeta")))
}

of_zph <- function(fit) sapply(c("km", "rank", "identity", "log"), function(transform) {
  table <- cox.zph(fit, transform = transform)$table
  plain(table[, "chisq"])
}, simplify = FALSE)

of_baseline <- function(fit, newdata, ...) {
  curve <- survfit(fit, newdata = newdata, ...)
  happened <- curve$n.event > 0
  list(time = curve$time[happened], cumulative = plain(as.matrix(curve$cumhaz)[happened, ]),
       std_error = plain(as.matrix(curve$std.err)[happened, ]))
}

residuals_of <- c("lung", "cgd", "moves_breslow", "moves_all")
naive <- function(fit) { if (!is.null(fit$naive.var)) { fit$var <- fit$naive.var; fit$naive.var <- NULL }; fit }
profiles <- data.frame(difficulty = c(0, 1), kinship = c(0, 1))
baseline <- list(
  lung = of_baseline(models$lung, data.frame(age = c(50, 70), sex = 1:2, ph.ecog = c(0, 2))),
  lung_breslow = of_baseline(models$lung_breslow, data.frame(age = c(50, 70), sex = 1:2, ph.ecog = c(0, 2))),
  moves = of_baseline(models$moves, profiles),
  moves_naive = of_baseline(naive(models$moves), profiles),
  moves_breslow = of_baseline(naive(models$moves_breslow), profiles),
  moves_weighted = of_baseline(naive(models$moves_weighted), profiles)
)

# A term of two columns is tested as one.
together <- cox.zph(cox(Surv(start, stop, event) ~ cbind(difficulty, kinship), moves), transform = "rank")$table[, "chisq"]

# ---- subdistribution ------------------------------------------------------------------------------------------------

of_crr <- function(time, cause, X, ...) {
  fit <- crr(time, cause, X, gtol = 1e-12, maxiter = 30, variance = TRUE, ...)
  list(beta = plain(fit$coef), vcov = unname(fit$var), log_likelihood = fit$loglik, hazard = fit$bfitj)
}
of_finegray <- function(wide, ties, by, model = Surv(fgstart, fgstop, fgstatus) ~ difficulty + kinship) {
  wide$unit <- wide[[by]]
  fit <- coxph(model, wide, weights = fgwt, ties = ties,
               control = tight, cluster = unit)
  list(beta = plain(coef(fit)), naive = sqrt(diag(fit$naive.var)), clustered = unname(fit$var))
}
exits$id <- seq_len(nrow(exits)); exits$end <- factor(exits$cause)
weighted <- list(plain = finegray(Surv(months, end) ~ ., exits, id = id),
                 delayed = finegray(Surv(entry, months, end) ~ ., exits, id = id),
                 grouped = finegray(Surv(months, end) ~ . + strata(site), exits, id = id),
                 second = finegray(Surv(entry, months, end) ~ ., exits, id = id, etype = "2"))
subdistribution <- list(
  mgus2 = of_crr(mgus2$months, mgus2$cause, mgus2[, c("age", "male", "mspike")]),
  mgus2_death = of_crr(mgus2$months, mgus2$cause, mgus2[, c("age", "male", "mspike")], failcode = 2),
  exits = of_crr(exits$months, exits$cause, exits[, c("difficulty", "kinship")]),
  exits_exact = of_crr(exits$exact, exits$cause, exits[, c("difficulty", "kinship")]),
  exits_grouped = of_crr(exits$months, exits$cause, exits[, c("difficulty", "kinship")], cengroup = exits$site),
  wide = of_finegray(weighted$plain, "breslow", "id"),
  wide_efron = of_finegray(weighted$plain, "efron", "id"),
  wide_carer = of_finegray(weighted$plain, "breslow", "carer"),
  # finegray() cuts rows at the event times of their own stratum only, so the baselines are apart too.
  wide_strata = of_finegray(weighted$grouped, "breslow", "id",
                            Surv(fgstart, fgstop, fgstatus) ~ difficulty + kinship + strata(site)),
  delayed = of_finegray(weighted$delayed, "breslow", "id"),
  delayed_efron = of_finegray(weighted$delayed, "efron", "carer"),
  delayed_home = of_finegray(weighted$second, "breslow", "carer")
)

# ---- frailty --------------------------------------------------------------------------------------------------------

penalised <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 100, outer.max = 100)
of_frailty <- function(model, data, ties = "efron") {
  fit <- coxph(model, data, ties = ties, control = penalised)
  p <- sum(!grepl("gamma:", names(coef(fit)))); history <- fit$history[[1]]
  list(theta = history$theta, log_likelihood = history$c.loglik, beta = plain(coef(fit))[1:p],
       std_error = sqrt(diag(fit$var))[1:p], log_frailty = plain(coef(fit))[-(1:p)], without = fit$loglik[1],
       partial = fit$loglik[2], penalty = fit$penalty[2])
}
kidney <- data("kidney")
frailty_models <- list(
  moves = of_frailty(Surv(start, stop, event) ~ difficulty + kinship +
                       frailty(carer, eps = 1e-11, sparse = FALSE), moves),
  moves_strata = of_frailty(Surv(start, stop, event) ~ difficulty + strata(site) + offset(known) +
                              frailty(carer, eps = 1e-11, sparse = FALSE), moves, "breslow"),
  moves_half = of_frailty(Surv(start, stop, event) ~ difficulty + kinship +
                            frailty(carer, theta = 0.5, sparse = FALSE), moves),
  kidney = of_frailty(Surv(time, status) ~ age + sex + frailty(id, eps = 1e-11, sparse = FALSE), kidney)
)

write_json(list(
  version = as.character(packageVersion("survival")),
  cox = lapply(models, of_cox),
  residuals = lapply(models[residuals_of], of_residuals),
  zph = lapply(models, of_zph), zph_together = plain(together),
  baseline = baseline, subdistribution = subdistribution,
  frailty = frailty_models
), arguments[2], digits = I(13), auto_unbox = TRUE, matrix = "rowmajor")
