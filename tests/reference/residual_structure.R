# Weights, spreads by stratum and autocorrelation of residuals in lme4 and nlme; random effects that do not correlate.
# Rscript residual_structure.R FOLDER residual_structure.json
# (cohorts: python residual_cohorts.py FOLDER; python growth_cohorts.py FOLDER)
suppressMessages({library(nlme); library(lme4); library(lmerTest); library(jsonlite); library(numDeriv)})
arguments <- commandArgs(TRUE)
read <- function(name) read.csv(file.path(arguments[1], paste0(name, ".csv")), stringsAsFactors = TRUE)

# ---- the likelihood written out child by child: parameters (D by columns, phi, ratios, sigma^2), all free --------
written_out <- function(data, formula, random, case, reml) {
  X <- model.matrix(formula, data); y <- model.response(model.frame(formula, data))
  Z <- if (is.null(random)) NULL else model.matrix(random, data)
  q <- if (is.null(Z)) 0 else ncol(Z); free <- if (q) lower.tri(diag(q), diag = TRUE) else NULL
  if (q && isTRUE(case$diagonal)) free <- diag(q) == 1
  rows <- split(seq_len(nrow(data)), data$child); n <- nrow(X); p <- ncol(X)
  strata <- if (is.null(case$stratum)) NULL else as.integer(factor(data[[case$stratum]]))
  parts <- function(v) {
    at <- 0; take <- function(k) { out <- v[at + seq_len(k)]; at <<- at + k; out }
    D <- NULL
    if (q) { D <- matrix(0, q, q); D[free] <- take(sum(free)); D <- D + t(D) - diag(diag(D), q) }
    phi <- if (is.null(case$time)) 0 else take(1)
    ratios <- if (is.null(strata)) 1 else c(1, take(max(strata) - 1))
    sigma2 <- take(1)
    XVX <- matrix(0, p, p); XVy <- rep(0, p); yVy <- 0; log_det <- 0
    for (own in rows) {
      s <- if (is.null(strata)) rep(1, length(own)) else ratios[strata[own]]
      if (!is.null(case$weight)) s <- s / sqrt(data[[case$weight]][own])
      R <- if (is.null(case$time)) diag(length(own)) else {
        gap <- abs(outer(data[[case$time]][own], data[[case$time]][own], "-")); ifelse(gap == 0, 1, phi^gap) }
      V <- sigma2 * R * outer(s, s)
      if (q) V <- V + Z[own, , drop = FALSE] %*% D %*% t(Z[own, , drop = FALSE])
      half <- chol(V); A <- backsolve(half, X[own, , drop = FALSE], transpose = TRUE)
      b <- backsolve(half, y[own], transpose = TRUE)
      XVX <- XVX + crossprod(A); XVy <- XVy + crossprod(A, b); yVy <- yVy + sum(b^2)
      log_det <- log_det + 2 * sum(log(diag(half)))
    }
    list(XVX = XVX, beta = solve(XVX, XVy), rss = yVy, log_det = log_det)
  }
  deviance <- function(v) {
    at <- parts(v); rss <- at$rss - sum(at$beta * (at$XVX %*% at$beta))
    value <- at$log_det + rss
    if (reml) value + as.numeric(determinant(at$XVX)$modulus) + (n - p) * log(2 * pi) else value + n * log(2 * pi)
  }
  list(deviance = deviance, variances = function(v) diag(solve(parts(v)$XVX)), parts = parts)
}

# Newton from nlme's optimum to one where the slope vanishes; standard errors; Satterthwaite's df of each fixed effect.
exact <- function(data, formula, random, case, reml, start) {
  model <- written_out(data, formula, random, case, reml); v <- start
  for (i in 1:3) v <- v - solve(hessian(model$deviance, v), grad(model$deviance, v))
  covariance <- 2 * solve(hessian(model$deviance, v)); at <- model$parts(v)
  slope <- jacobian(model$variances, v); variance <- model$variances(v)
  list(parameters = v, errors = sqrt(diag(covariance)), deviance = model$deviance(v), beta = as.vector(at$beta),
       se = sqrt(variance), df = 2 * variance^2 / rowSums((slope %*% covariance) * slope))
}

tight <- lmeControl(maxIter = 500, msMaxIter = 1000, tolerance = 1e-10, msTol = 1e-12, niterEM = 50, msMaxEval = 5000)
describe <- function(data, formula, random, case, reml) {
  method <- if (reml) "REML" else "ML"
  correlation <- if (is.null(case$time)) NULL else if (isTRUE(case$uneven))
    corCAR1(0.3, form = as.formula(paste("~", case$time, "| child"))) else
    corAR1(0.2, form = as.formula(paste("~", case$time, "| child")))
  spread <- list()
  if (!is.null(case$weight)) { data$inverse <- 1 / data[[case$weight]]; spread$known <- varFixed(~ inverse) }
  if (!is.null(case$stratum)) spread$strata <- varIdent(form = as.formula(paste("~ 1 |", case$stratum)))
  weights <- if (length(spread) == 2) varComb(spread[[1]], spread[[2]]) else if (length(spread)) spread[[1]] else NULL
  random_part <- if (is.null(random)) NULL else if (isTRUE(case$diagonal)) list(child = pdDiag(random)) else list(child = random)
  model <- if (is.null(random)) gls(formula, data, correlation = correlation, weights = weights, method = method,
                                    control = glsControl(tolerance = 1e-11, msTol = 1e-12, maxIter = 500)) else
    tryCatch(lme(formula, data, random = random_part, correlation = correlation, weights = weights, method = method, control = tight),
             error = function(e) { cat("  default tolerances:", conditionMessage(e), "\n")
               lme(formula, data, random = random_part, correlation = correlation, weights = weights, method = method) })
  D <- if (is.null(random)) NULL else matrix(as.numeric(getVarCov(model)), ncol = ncol(getVarCov(model)))
  phi <- if (is.null(correlation)) NULL else as.numeric(coef(model$modelStruct$corStruct, unconstrained = FALSE))
  ratios <- NULL
  if (!is.null(case$stratum)) {
    all <- coef(model$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)
    levels <- levels(factor(data[[case$stratum]]))
    names(all) <- sub("^.*\\.", "", names(all)); ratios <- as.numeric(all[levels]); ratios <- ratios / ratios[1]
    first <- as.numeric(all[levels[1]]); sigma2 <- (model$sigma * first)^2
  } else sigma2 <- model$sigma^2
  free <- if (is.null(D)) NULL else if (isTRUE(case$diagonal)) diag(D) else D[lower.tri(D, diag = TRUE)]
  start <- c(free, phi, ratios[-1], sigma2)
  effects <- if (is.null(random)) NULL else { b <- ranef(model); unname(as.matrix(b[order(rownames(b)), , drop = FALSE])) }
  out <- list(deviance = -2 * as.numeric(logLik(model)), beta = unname(if (is.null(random)) coef(model) else fixef(model)),
       se = unname(sqrt(diag(vcov(model)))), D = D, phi = phi, ratios = ratios, sigma2 = sigma2, effects = effects,
       n_parameters = attr(logLik(model), "df"))
  out$exact <- exact(data, formula, random, case, reml, start)
  out
}

slopes <- read("slopes"); levels_only <- read("levels"); alternating <- read("alternating"); uneven <- read("uneven")
cohorts <- list(slopes = slopes, levels = levels_only, alternating = alternating, uneven = uneven)
ovary <- as.data.frame(Ovary); ovary$child <- factor(as.character(ovary$Mare))
ovary <- ovary[order(ovary$child), ]; ovary$step <- ave(ovary$Time, ovary$child, FUN = seq_along)
cohorts$ovary <- ovary
growth <- trust ~ years + kinship + stress
cyclic <- follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time)
cases <- list(
  autocorrelated_level = list(cohort = "levels", formula = growth, random = ~ 1, time = "wave"),
  autocorrelated_slope = list(cohort = "slopes", formula = growth, random = ~ 1 + years, time = "wave"),
  alternating = list(cohort = "alternating", formula = growth, random = ~ 1, time = "wave"),
  uneven_times = list(cohort = "uneven", formula = growth, random = ~ 1, time = "years", uneven = TRUE),
  two_spreads = list(cohort = "slopes", formula = growth, random = ~ 1 + years, stratum = "kinship"),
  spread_by_wave = list(cohort = "levels", formula = growth, random = ~ 1, stratum = "wave"),
  spreads_and_autocorrelation = list(cohort = "levels", formula = growth, random = ~ 1, stratum = "kinship", time = "wave"),
  everything = list(cohort = "slopes", formula = growth, random = ~ 1 + years, stratum = "kinship", time = "wave",
                    weight = "answered", diagonal = TRUE),
  no_random_effects = list(cohort = "slopes", formula = growth, random = NULL, time = "wave"),
  ovary = list(cohort = "ovary", formula = cyclic, random = ~ 1 + sin(2 * pi * Time), time = "step", diagonal = TRUE))
values <- list()
for (name in names(cases)) for (reml in c(TRUE, FALSE)) {
  case <- cases[[name]]; cat(name, reml, "\n")
  values[[paste0(name, if (reml) "_reml" else "_ml")]] <- describe(cohorts[[case$cohort]], case$formula, case$random, case, reml)
}

# ---- weights alone, and random effects that do not correlate: lme4 ----------------------------------------------
tightly <- function(fn, par, lower, upper, control) {
  found <- lapply(list(par, par * 0.3, par * 0 + 0.5), function(start)
    nlminb(start, fn, lower = lower, upper = upper, control = list(rel.tol = 1e-15, x.tol = 1e-13, eval.max = 5000, iter.max = 5000)))
  best <- found[[which.min(sapply(found, function(one) one$objective))]]$par
  if (all(best[lower == 0] > 1e-3)) for (i in 1:4) best <- best - solve(hessian(fn, best), grad(fn, best))
  else best[lower == 0 & best < 1e-4] <- 0
  list(par = best, fval = fn(best), conv = 0, message = "", feval = 0)
}
by_lme4 <- function(data, formula, reml, weighted) {
  data$w <- if (weighted) data$answered else 1
  model <- lmerTest::lmer(formula, data, REML = reml, weights = w, control = lmerControl(optimizer = "tightly", calc.derivs = FALSE))
  table <- coef(summary(model, ddf = "Satterthwaite")); variances <- as.data.frame(VarCorr(model))
  b <- ranef(model, condVar = TRUE)[[1]]
  conditional <- attr(b, "postVar")
  spread <- if (is.list(conditional)) sapply(conditional, function(one) sqrt(one[1, 1, ])) else t(apply(conditional, 3, function(one) sqrt(diag(as.matrix(one)))))
  out <- list(deviance = if (reml) REMLcrit(model) else deviance(model), beta = unname(fixef(model)), se = unname(table[, 2]),
       df = unname(table[, "df"]), sigma2 = sigma(model)^2, effects = unname(as.matrix(b)), conditional_sd = unname(spread),
       D = unname(diag(sapply(unname(VarCorr(model)), function(one) one[1]), length(VarCorr(model)))),
       n_parameters = attr(logLik(model), "df"), singular = isSingular(model))
  if (length(VarCorr(model)) == 1) out$D <- unname(as.matrix(VarCorr(model)[[1]]))[, , drop = FALSE]
  # pbkrtest leaves weights out of its matrices, so that its answer is not one for a weighted fit.
  if (reml && !weighted) { kr <- coef(summary(model, ddf = "Kenward-Roger")); out$kr_df <- unname(kr[, "df"]); out$kr_se <- unname(kr[, 2]) }
  out
}
lme4_values <- list()
for (reml in c(TRUE, FALSE)) {
  ending <- if (reml) "_reml" else "_ml"
  lme4_values[[paste0("weighted_level", ending)]] <- by_lme4(slopes, trust ~ years + kinship + stress + (1 | child), reml, TRUE)
  lme4_values[[paste0("weighted_slope", ending)]] <- by_lme4(slopes, trust ~ years + kinship + stress + (1 + years | child), reml, TRUE)
  lme4_values[[paste0("uncorrelated", ending)]] <- by_lme4(slopes, trust ~ years + kinship + stress + (1 + years || child), reml, FALSE)
  lme4_values[[paste0("uncorrelated_uneven", ending)]] <- by_lme4(uneven, trust ~ years + kinship + stress + (1 + years || child), reml, FALSE)
}

# Lowest REML deviance that any of three optimisers of lme4 finds in 200 small cohorts, slopes uncorrelated with levels.
small <- read("vanishing_slopes"); quiet <- function(x) suppressMessages(suppressWarnings(x))
lowest <- sapply(0:199, function(one) {
  data <- small[small$cohort == one, ]; f <- trust ~ years + availability + stress + (1 + years || child)
  min(sapply(list(lmerControl(calc.derivs = FALSE),
                  lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE),
                  lmerControl(optimizer = "Nelder_Mead", calc.derivs = FALSE)),
             function(control) REMLcrit(quiet(lme4::lmer(f, data, control = control)))))
})
versions <- sapply(c("nlme", "lme4", "lmerTest", "pbkrtest"), function(one) as.character(packageVersion(one)))
write_json(list(r = R.version.string, versions = as.list(versions), values = values, lme4 = lme4_values, uncorrelated_vanishing_slopes = lowest),
           arguments[2], digits = I(15), auto_unbox = TRUE, pretty = FALSE)
