# Linear mixed models with several grouping factors in lme4, lmerTest and pbkrtest, at an optimum tighter than
# lme4's default.
# Rscript several_factors.R FOLDER_WITH_COHORTS several_factors.json
#   (cohorts: python several_factors_cohorts.py FOLDER)
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(jsonlite); library(numDeriv)})
arguments <- commandArgs(TRUE)

# Best of several starts; then Newton steps until the gradient vanishes, over what is not on its boundary.
tight <- function(fn, par, lower, upper, control) {
  starts <- list(par, par * 0.3, par * 0 + 0.5, ifelse(lower == 0, 1.5, 0.1), ifelse(lower == 0, 0.1, 0))
  found <- lapply(starts, function(start)
    nlminb(start, fn, lower = lower, upper = upper, control = list(rel.tol = 1e-15, x.tol = 1e-13, eval.max = 5000, iter.max = 5000)))
  best <- found[[which.min(sapply(found, function(one) one$objective))]]$par
  best[lower == 0 & abs(best) < 1e-4] <- 0
  free <- !(lower == 0 & best == 0)
  part <- function(x) { all <- best; all[free] <- x; fn(all) }
  for (i in 1:4) {
    step <- tryCatch(solve(hessian(part, best[free]), grad(part, best[free])), error = function(e) NULL)
    if (is.null(step)) break
    moved <- best; moved[free] <- best[free] - step
    if (all(moved >= lower) && fn(moved) <= fn(best) + 1e-9) best <- moved else break
  }
  list(par = best, fval = fn(best), conv = 0, message = "", feval = 0)
}
control <- lmerControl(optimizer = "tight", calc.derivs = FALSE, check.nobs.vs.nlev = "ignore", check.nobs.vs.nRE = "ignore")

# Covariances by factor; uncorrelated parts of one factor (child, child.1) are put together.
by_factor <- function(model) {
  parts <- VarCorr(model); factors <- names(ranef(model))
  out <- list()
  for (one in factors) {
    own <- parts[sub("\\.[0-9]+$", "", names(parts)) == one]
    names <- unlist(lapply(own, rownames))
    D <- matrix(0, length(names), length(names), dimnames = list(names, names))
    for (part in own) D[rownames(part), rownames(part)] <- part
    order <- order(match(rownames(D), c("(Intercept)", "years")))
    out[[one]] <- unname(D[order, order, drop = FALSE])
  }
  out
}

describe <- function(data, formula, reml, weights = NULL) {
  data$w <- if (is.null(weights)) rep(1, nrow(data)) else weights
  model <- if (is.null(weights)) lmerTest::lmer(formula, data, REML = reml, control = control)
           else lmerTest::lmer(formula, data, REML = reml, control = control, weights = w)
  satterthwaite <- coef(summary(model, ddf = "Satterthwaite"))
  out <- list(
    n_rows = nobs(model), y_sum = sum(model.frame(model)[[1]]), beta = unname(fixef(model)),
    se = unname(sqrt(diag(as.matrix(vcov(model))))), D = by_factor(model), sigma2 = sigma(model)^2,
    deviance = if (reml) REMLcrit(model) else deviance(model), n_parameters = attr(logLik(model), "df"),
    singular = isSingular(model, tol = 1e-3), satterthwaite_df = unname(satterthwaite[, "df"]))
  if (reml) {
    effects <- ranef(model, condVar = TRUE)
    out$effects <- lapply(effects, function(b) {
      covariance <- attr(b, "postVar")
      list(level = rownames(b), b = unname(as.matrix(b)),
           variance = if (is.list(covariance)) NULL else t(apply(covariance, 3, function(v) diag(as.matrix(v)))))
    })
    if (is.null(weights)) {
      kr <- coef(summary(model, ddf = "Kenward-Roger"))
      out$kr_df <- unname(kr[, "df"]); out$kr_se <- unname(kr[, "Std. Error"])
    }
  }
  out
}

# A row belongs to two carers with weights: the rows of Zt that belong to the carers are replaced.
multiple <- function(data, reml) {
  data$carer <- factor(data$carer, levels = sort(unique(c(data$carer, data$second))))
  data$second <- factor(data$second, levels = levels(data$carer))
  use <- levels(data$carer)
  parsed <- lFormula(trust ~ years + kinship + stress + (1 | child) + (1 | carer), data, REML = reml, control = control)
  one <- t(sparse.model.matrix(~ 0 + carer, data)); two <- t(sparse.model.matrix(~ 0 + second, data))
  Zcarer <- one %*% Diagonal(x = data$share) + two %*% Diagonal(x = 1 - data$share)
  present <- names(parsed$reTrms$cnms)
  Zt <- parsed$reTrms$Zt
  first <- sapply(present, function(name) which(present == name))
  child <- parsed$reTrms$Ztlist[["1 | child"]]
  new <- if (present[1] == "child") list(child, Zcarer) else list(Zcarer, child)
  parsed$reTrms$Zt <- do.call(rbind, new)
  n <- sapply(new, nrow); q <- sum(n)
  parsed$reTrms$Lambdat <- Diagonal(x = rep(1, q)) |> as("generalMatrix") |> as("CsparseMatrix")
  parsed$reTrms$Lind <- rep(1:2, n)
  devfun <- do.call(mkLmerDevfun, c(parsed, list(control = control)))
  found <- tight(devfun, c(1, 1), c(0, 0), c(Inf, Inf), NULL)
  value <- devfun(found$par)
  pp <- environment(devfun)$pp; resp <- environment(devfun)$resp
  degrees <- nrow(data) - if (reml) length(pp$beta(1)) else 0
  sigma2 <- (resp$wrss() + pp$sqrL(1)) / degrees
  D <- setNames(as.list(found$par^2 * sigma2), present)
  list(beta = pp$beta(1), se = sqrt(diag(pp$unsc()) * sigma2), D = D[c("child", "carer")], sigma2 = sigma2,
       deviance = value, levels = use, b = setNames(split(pp$b(1), rep(present, n)), NULL), order = sort(present))
}

read <- function(name) read.csv(file.path(arguments[1], paste0(name, ".csv")))
fixed <- "trust ~ years + kinship + stress"
f <- function(random) as.formula(paste(fixed, "+", random))
cases <- list(
  nested = list("nested", f("(1 | child) + (1 | carer) + (1 | agency)")),
  crossed = list("crossed", f("(1 | child) + (1 | carer)")),
  slopes = list("slopes", f("(1 + years | child) + (1 | carer)")),
  uncorrelated = list("slopes", f("(1 + years || child) + (1 | carer)")),
  both_slopes = list("both_slopes", f("(1 + years | child) + (1 + years | carer)")),
  weighted = list("crossed", f("(1 | child) + (1 | carer)"), TRUE),
  weighted_slopes = list("slopes", f("(1 + years | child) + (1 | carer)"), TRUE),
  no_carer_variance = list("no_carer_variance", f("(1 | child) + (1 | carer)")),
  no_slope_variance = list("no_slope_variance", f("(1 + years | child) + (1 | carer)")),
  agency_beside = list("crossed", f("(1 | child) + (1 | carer) + (1 | agency)")))
values <- list()
for (name in names(cases)) for (reml in c(TRUE, FALSE)) {
  data <- read(cases[[name]][[1]])
  weights <- if (length(cases[[name]]) > 2) data$informants else NULL
  values[[paste0(name, if (reml) "_reml" else "_ml")]] <- describe(data, cases[[name]][[2]], reml, weights)
}
values$multiple_reml <- multiple(read("crossed"), TRUE)
values$multiple_ml <- multiple(read("crossed"), FALSE)

# Lowest REML deviance that any of four optimisers of lme4 finds in 200 small cohorts.
small <- read("vanishing_carers"); quiet <- function(x) suppressMessages(suppressWarnings(x))
lowest <- sapply(0:199, function(one) {
  data <- small[small$cohort == one, ]; model <- f("(1 | child) + (1 | carer)")
  min(sapply(list(lmerControl(calc.derivs = FALSE),
                  lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE),
                  lmerControl(optimizer = "Nelder_Mead", calc.derivs = FALSE), control),
             function(control) REMLcrit(quiet(lme4::lmer(model, data, control = control)))))
})
versions <- sapply(c("lme4", "lmerTest", "pbkrtest"), function(one) as.character(packageVersion(one)))
write_json(list(r = R.version.string, versions = as.list(versions), values = values, vanishing_carers = lowest),
           arguments[2], digits = I(15), auto_unbox = TRUE, pretty = FALSE)
