# Mixed models for yes/no, count and ordinal outcomes in lme4, ordinal and glmmTMB, optima tighter than the defaults.
# Rscript other_outcomes.R FOLDER_WITH_COHORTS other_outcomes.json  (cohorts: python other_outcomes_cohorts.py FOLDER)
suppressMessages({library(lme4); library(ordinal); library(glmmTMB); library(jsonlite)})
arguments <- commandArgs(TRUE)
read <- function(name) {
  data <- read.csv(file.path(arguments[1], paste0(name, ".csv")), stringsAsFactors = TRUE)
  data$rating <- ordered(data$rating)
  data
}

# bobyqa again and again from where it ended, until it gains nothing more.
tight <- function(fn, par, lower, upper, control) {
  value <- Inf
  for (rho in c(2e-2, 2e-3, 2e-2, 2e-3, 5e-4, 2e-4)) {
    found <- minqa::bobyqa(par, fn, lower, upper, control = list(rhobeg = rho, rhoend = rho * 1e-7, maxfun = 1e5))
    par <- found$par; if (value - found$fval < 1e-9 && rho < 1e-3) break
    value <- found$fval
  }
  list(par = found$par, fval = found$fval, conv = 0, message = "", feval = 0)
}
control <- glmerControl(optimizer = "tight", tolPwrss = 1e-13)

# lme4 leaves the constants of the distribution out of the log-likelihood when nAGQ > 1: it gives that of the model
# beside a model with one parameter for every row. `saturated` puts them back.
saturated <- function(model) {
  y <- model@resp$y; w <- model@resp$weights
  switch(family(model)$family, poisson = sum(dpois(y, y, log = TRUE)),
         binomial = { n <- round(w); k <- round(w * y); sum(dbinom(k, n, y, log = TRUE)) })
}
several <- function(x) lapply(x, function(one) unname(as.matrix(one)))
of_glmer <- function(formula, data, family, nAGQ = 1, ...) {
  model <- glmer(formula, data, family = family, nAGQ = nAGQ, control = control, ...)
  b <- ranef(model, condVar = TRUE)
  list(n_rows = nobs(model), terms = names(fixef(model)), beta = unname(fixef(model)),
       se = unname(sqrt(diag(as.matrix(vcov(model))))), D = lapply(VarCorr(model), function(D) unname(as.matrix(D))[, , drop = FALSE]),
       loglik = as.numeric(logLik(model)) + if (nAGQ > 1) saturated(model) else 0,
       groups = lapply(b, rownames), modes = several(b),
       conditional_variance = lapply(b, function(one) { v <- attr(one, "postVar"); if (is.array(v)) as.vector(v) else NULL }))
}
of_clmm <- function(formula, data, nAGQ = 1, ...) {
  model <- clmm(formula, data, nAGQ = nAGQ, Hess = TRUE, control = clmm.control(method = "ucminf", grtol = 1e-10, xtol = 1e-14, grad = "central", gradTol = 1e-8, maxIter = 200, maxLineIter = 200), ...)
  cuts <- seq_along(model$alpha); se <- sqrt(diag(vcov(model)))
  list(n_rows = nobs(model), terms = names(model$beta), beta = unname(model$beta), cuts = unname(model$alpha),
       se = unname(se[length(cuts) + seq_along(model$beta)]), se_cuts = unname(se[cuts]),
       D = lapply(VarCorr(model), function(D) unname(as.matrix(D))[, , drop = FALSE]), loglik = as.numeric(logLik(model)),
       groups = lapply(ranef(model), rownames), modes = several(ranef(model)))
}
of_glmmTMB <- function(formula, data, family) {
  model <- glmmTMB(formula, data, family = family, control = glmmTMBControl(optCtrl = list(rel.tol = 1e-14, x.tol = 1e-12, iter.max = 2000, eval.max = 4000)))
  b <- ranef(model, condVar = FALSE)$cond
  fixed <- model$sdr$cov.fixed
  list(n_rows = nobs(model), terms = names(fixef(model)$cond), beta = unname(fixef(model)$cond),
       se = unname(sqrt(diag(vcov(model)$cond))), D = lapply(VarCorr(model)$cond, function(D) unname(as.matrix(D))[, , drop = FALSE]),
       theta = sigma(model), se_log_theta = unname(sqrt(fixed[rownames(fixed) == "betad", colnames(fixed) == "betad"])), loglik = as.numeric(logLik(model)),
       groups = lapply(b, rownames), modes = several(b))
}

fixed <- "years + availability + kinship + stress"
f <- function(outcome, random) as.formula(paste(outcome, "~", fixed, "+", random))
values <- list()
for (name in c("unbalanced", "far_apart", "many")) {
  data <- read(name)
  values[[paste0(name, "_settled_9")]] <- of_glmer(f("settled", "(1 | child)"), data, binomial, 9)
  values[[paste0(name, "_settled_25")]] <- of_glmer(f("settled", "(1 | child)"), data, binomial, 25)
  values[[paste0(name, "_settled_1")]] <- of_glmer(f("settled", "(1 | child)"), data, binomial, 1)
  values[[paste0(name, "_moves_9")]] <- of_glmer(f("moves", "offset(log(exposure)) + (1 | child)"), data, poisson, 9)
  values[[paste0(name, "_moves_1")]] <- of_glmer(f("moves", "offset(log(exposure)) + (1 | child)"), data, poisson, 1)
  values[[paste0(name, "_absences_1")]] <- of_glmmTMB(f("absences", "(1 | child)"), data, nbinom2)
}
data <- read("unbalanced")
values$unbalanced_kept_9 <- of_glmer(f("cbind(kept, visits - kept)", "(1 | child)"), data, binomial, 9)
for (nodes in c(1, 9, 10)) values[[paste0("unbalanced_rating_", nodes)]] <- of_clmm(f("rating", "(1 | child)"), data, nodes)
values$far_apart_rating_9 <- of_clmm(f("rating", "(1 | child)"), read("far_apart"), 9)
for (nodes in c(1, 9)) values[[paste0("many_rating_", nodes)]] <- of_clmm(f("rating", "(1 | child)"), read("many"), nodes)
data <- read("slopes")
values$slopes_settled_1 <- of_glmer(f("settled", "(1 + years | child)"), data, binomial)
values$slopes_settled_uncorrelated_1 <- of_glmer(f("settled", "(1 + years || child)"), data, binomial)
values$slopes_moves_1 <- of_glmer(f("moves", "offset(log(exposure)) + (1 + years | child)"), data, poisson)
values$slopes_absences_1 <- of_glmmTMB(f("absences", "(1 + years | child)"), data, nbinom2)
values$slopes_rating_1 <- of_clmm(f("rating", "(1 + years | child)"), data)
data <- read("moved")
values$moved_settled_1 <- of_glmer(f("settled", "(1 | child) + (1 | carer)"), data, binomial)
values$moved_moves_1 <- of_glmer(f("moves", "offset(log(exposure)) + (1 + years | child) + (1 | carer)"), data, poisson)
values$moved_absences_1 <- of_glmmTMB(f("absences", "(1 | child) + (1 | carer)"), data, nbinom2)
values$moved_rating_1 <- of_clmm(f("rating", "(1 | child) + (1 | carer)"), data)
versions <- sapply(c("lme4", "ordinal", "glmmTMB"), function(one) as.character(packageVersion(one)))
write_json(list(r = R.version.string, versions = as.list(versions), values = values), arguments[2], digits = I(15), auto_unbox = TRUE, pretty = FALSE)
