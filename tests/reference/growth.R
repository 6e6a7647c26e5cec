# Linear mixed growth models in lme4, lmerTest and pbkrtest, at an optimum tighter than lme4's default.
# Rscript growth.R FOLDER_WITH_COHORTS growth.json     (cohorts: python growth_cohorts.py FOLDER)
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(jsonlite); library(numDeriv)})
arguments <- commandArgs(TRUE)

# Best of several starts, then Newton steps until the gradient vanishes in the interior.
tight <- function(fn, par, lower, upper, control) {
  starts <- list(par, par * 0.3, par * 0 + 0.5, ifelse(lower == 0, 1.5, 0.1))
  found <- lapply(starts, function(start)
    nlminb(start, fn, lower = lower, upper = upper, control = list(rel.tol = 1e-15, x.tol = 1e-13, eval.max = 5000, iter.max = 5000)))
  best <- found[[which.min(sapply(found, function(one) one$objective))]]$par
  if (all(abs(best[lower == 0]) > 1e-3)) for (i in 1:4)
    best <- best - solve(hessian(fn, best), grad(fn, best))
  else best[lower == 0 & abs(best) < 1e-4] <- 0
  list(par = best, fval = fn(best), conv = 0, message = "", feval = 0)
}
control <- lmerControl(optimizer = "tight", calc.derivs = FALSE)

# Standard errors of (co)variances: observed information in (D, sigma^2), by numerical differentiation.
variance_se <- function(model) {
  if (isSingular(model, tol = 1e-3)) return(NULL)
  devfun <- update(model, devFunOnly = TRUE)
  pp <- environment(devfun)$pp; resp <- environment(devfun)$resp
  n <- nobs(model); p <- length(fixef(model)); reml <- isREML(model)
  q <- nrow(VarCorr(model)[[1]])
  f <- function(v) {
    D <- matrix(0, q, q); D[lower.tri(D, diag = TRUE)] <- v[-length(v)]; D <- D + t(D) - diag(diag(D), q); s2 <- v[length(v)]
    L <- t(chol(D / s2)); devfun(L[lower.tri(L, diag = TRUE)])
    value <- pp$ldL2() + (resp$wrss() + pp$sqrL(1)) / s2 + n * log(2 * pi * s2)
    if (reml) value <- value + pp$ldRX2() - p * log(2 * pi * s2)
    value
  }
  D <- VarCorr(model)[[1]]
  v <- c(D[lower.tri(D, diag = TRUE)], sigma(model)^2)
  sqrt(diag(2 * solve(hessian(f, v))))
}

describe <- function(data, formula, group, reml) {
  model <- lmerTest::lmer(formula, data, REML = reml, control = control)
  D <- VarCorr(model)[[1]]
  b <- ranef(model, condVar = TRUE)[[1]]
  conditional <- attr(b, "postVar")
  satterthwaite <- coef(summary(model, ddf = "Satterthwaite"))
  X <- getME(model, "X"); fixed <- as.vector(X %*% fixef(model))
  Z <- model.matrix(formula(paste("~", sub("\\|.*", "", sub(".*\\(", "", deparse1(formula))))), data)
  mean_random <- mean(rowSums((Z %*% D) * Z))
  total <- var(fixed) + mean_random + sigma(model)^2
  out <- list(
    n_rows = nobs(model), n_groups = ngrps(model)[[1]], y_sum = sum(model.frame(model)[[1]]),
    terms = names(fixef(model)), beta = unname(fixef(model)), se = unname(sqrt(diag(as.matrix(vcov(model))))),
    D = unname(as.matrix(D)), sigma2 = sigma(model)^2,
    deviance = if (reml) REMLcrit(model) else deviance(model), loglik = as.numeric(logLik(model)),
    aic = AIC(model), bic = BIC(model), singular = isSingular(model),
    satterthwaite_df = unname(satterthwaite[, "df"]), satterthwaite_p = unname(satterthwaite[, "Pr(>|t|)"]),
    groups = rownames(b), blup = unname(as.matrix(b)),
    conditional_sd = t(apply(conditional, 3, function(v) sqrt(diag(as.matrix(v))))),
    fitted = unname(fitted(model)), variance_se = variance_se(model),
    r2_marginal = var(fixed) / total, r2_conditional = (var(fixed) + mean_random) / total,
    icc = mean_random / (mean_random + sigma(model)^2))
  if (ncol(D) == 1) out$conditional_sd <- matrix(sqrt(conditional[1, 1, ]), ncol = 1)
  if (reml) {
    kr <- coef(summary(model, ddf = "Kenward-Roger"))
    out$kr_df <- unname(kr[, "df"]); out$kr_se <- unname(kr[, "Std. Error"]); out$kr_p <- unname(kr[, "Pr(>|t|)"])
  }
  out
}

read <- function(name) read.csv(file.path(arguments[1], paste0(name, ".csv")), stringsAsFactors = TRUE)
growth <- trust ~ years * kinship + availability + stress + (1 + years | child)
level <- trust ~ years * kinship + availability + stress + (1 | child)
slope_only <- trust ~ years + availability + (0 + years | child)
cases <- list(
  sleepstudy = list(lme4::sleepstudy, Reaction ~ Days + (1 + Days | Subject)),
  sleepstudy_intercept = list(lme4::sleepstudy, Reaction ~ Days + (1 | Subject)),
  orthodont = list(as.data.frame(nlme::Orthodont), distance ~ age * Sex + (1 + age | Subject)),
  unbalanced = list(read("unbalanced"), growth),
  unbalanced_intercept = list(read("unbalanced"), level),
  unbalanced_slope_only = list(read("unbalanced"), slope_only),
  irregular = list(read("irregular"), growth),
  irregular_intercept = list(read("irregular"), level),
  no_slope_variance = list(read("no_slope_variance"), growth),
  many = list(read("many"), growth))
values <- list()
for (name in names(cases)) for (reml in c(TRUE, FALSE)) {
  data <- cases[[name]][[1]]; if (is.factor(data$Subject)) data$Subject <- factor(as.character(data$Subject))
  if (!is.null(data$Sex)) data$Sex <- factor(as.character(data$Sex))
  values[[paste0(name, if (reml) "_reml" else "_ml")]] <- describe(data, cases[[name]][[2]], NULL, reml)
}
# Lowest REML deviance that any of three optimisers of lme4 finds in 200 small cohorts.
small <- read("vanishing_slopes"); quiet <- function(x) suppressMessages(suppressWarnings(x))
lowest <- sapply(0:199, function(one) {
  data <- small[small$cohort == one, ]; f <- trust ~ years + availability + stress + (1 + years | child)
  min(sapply(list(lmerControl(calc.derivs = FALSE),
                  lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE),
                  lmerControl(optimizer = "Nelder_Mead", calc.derivs = FALSE)),
             function(control) REMLcrit(quiet(lme4::lmer(f, data, control = control)))))
})
versions <- sapply(c("lme4", "lmerTest", "pbkrtest"), function(one) as.character(packageVersion(one)))
write_json(list(r = R.version.string, versions = as.list(versions), values = values, vanishing_slopes = lowest), arguments[2], digits = I(15), auto_unbox = TRUE, pretty = FALSE)
