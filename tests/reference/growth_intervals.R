# Profile intervals of lme4, and the same ends found directly: deviance minimised with one quantity held.
# Rscript growth_intervals.R FOLDER_WITH_COHORTS growth_intervals.json     (cohorts: python growth_cohorts.py FOLDER,
#                                                                           and python few_clusters_cohort.py FOLDER)
suppressMessages({library(lme4); library(jsonlite)})
arguments <- commandArgs(TRUE)

# The deviance (maximum likelihood) as a function of standard deviations, correlation and residual, least over the
# fixed effects; `X` and `y` may be others than those of the model.
deviance_of <- function(model, y, X, related) {
  parts <- lFormula(formula(model), model.frame(model), REML = FALSE)
  parts$X <- X; parts$fr[[1]] <- y
  devfun <- do.call(mkLmerDevfun, parts)
  pp <- environment(devfun)$pp; resp <- environment(devfun)$resp
  function(sd, r, sigma) {
    theta <- if (related) c(sd[1], r * sd[2], sqrt(max(1 - r^2, 0)) * sd[2]) else sd
    devfun(theta / sigma)
    pp$ldL2() + (resp$wrss() + pp$sqrL(1)) / sigma^2 + length(y) * log(2 * pi * sigma^2)
  }
}

# Lowest deviance over standard deviations, correlation and residual, some of them held (NA: free).
lowest <- function(f0, q, related, held, start) {
  whole <- function(par) { full <- held; full[is.na(held)] <- par; full }
  f <- function(par) {
    v <- whole(par); f0(v[seq_len(q)], if (related) v[3] else 0, exp(v[length(v)]))
  }
  free <- is.na(held); names <- seq_along(held)
  low <- ifelse(names <= q, 0, ifelse(related & names == 3, -1, -Inf))[free]
  high <- ifelse(related & names == 3, 1, Inf)[free]
  if (!any(free)) return(list(value = f(numeric(0)), par = start))
  starts <- list(start[free], pmin(pmax(start[free] * 0.5, low), high))
  found <- lapply(starts, function(one) nlminb(one, f, lower = low, upper = high,
    control = list(rel.tol = 1e-14, x.tol = 1e-12, eval.max = 4000, iter.max = 4000)))
  best <- found[[which.min(sapply(found, `[[`, "objective"))]]
  list(value = best$objective, par = whole(best$par))
}

# Ends for q standard deviations, in the order of lme4, their correlation where they are of one factor, the residual
# standard deviation and the fixed effects.
direct <- function(model, q, related) {
  y <- getME(model, "y"); X <- getME(model, "X"); v <- as.data.frame(VarCorr(model))
  f0 <- deviance_of(model, y, X, related)
  start <- c(v$sdcor[is.na(v$var2) & v$grp != "Residual"], if (related) v$sdcor[!is.na(v$var2)], log(sigma(model)))
  start[is.nan(start)] <- 0; start[seq_len(q)] <- pmax(start[seq_len(q)], 1e-3)
  if (related) start[3] <- pmin(pmax(start[3], -0.95), 0.95)
  none <- rep(NA_real_, length(start))
  best <- lowest(f0, q, related, none, start); z <- qnorm(0.975)^2
  end <- function(rise, from, step, bound) {
    to <- from
    repeat { near <- to; to <- to + step; if ((step < 0 && to <= bound) || (step > 0 && to >= bound)) to <- bound
             if (rise(to) > z) break; if (to == bound) return(bound) }
    uniroot(function(x) rise(x) - z, sort(c(near, to)), tol = 1e-10, extendInt = "no")$root
  }
  both <- function(rise, from, step, low, high) {
    c(end(rise, from, -step, low), end(rise, from, step, high)) }
  out <- list()
  for (k in seq_along(start)) {
    rise <- function(x) { held <- none; held[k] <- x; lowest(f0, q, related, held, best$par)$value - best$value }
    from <- best$par[k]; residual <- k == length(start); r <- related && k == 3
    step <- if (residual) 0.1 else if (r) 0.15 else max(0.3 * from, 0.05 * exp(best$par[length(start)]))
    bounds <- if (residual) c(-20, 20) else if (r) c(-1, 1) else c(0, Inf)
    out[[k]] <- if (r && min(best$par[1:2]) < 1e-3) c(NA, NA) else both(rise, from, step, bounds[1], bounds[2])
    if (residual) out[[k]] <- exp(out[[k]])
  }
  for (j in seq_len(ncol(X))) {
    rise <- function(x) lowest(deviance_of(model, y - X[, j] * x, X[, -j, drop = FALSE], related), q, related, none,
                               best$par)$value - best$value
    out[[length(out) + 1]] <- both(rise, fixef(model)[[j]], 0.9 * sqrt(vcov(model)[j, j]), -Inf, Inf)
  }
  list(ends = do.call(rbind, out), deviance = best$value)
}

describe <- function(data, formula) {
  model <- suppressMessages(lmer(formula, data, REML = FALSE,
    control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE)))
  profiled <- tryCatch(suppressWarnings(suppressMessages(
    confint(model, method = "profile", quiet = TRUE, devtol = 1e-8, delta.cutoff = 1 / 64, maxpts = 1000))), error = function(e) NULL)
  q <- sum(sapply(ranef(model), ncol)); related <- ncol(ranef(model)[[1]]) == 2
  found <- direct(model, q, related)
  names <- c(paste0("sd", seq_len(q)), if (related) "cor", "sigma", names(fixef(model)))
  order <- if (related) c(1, 3, 2) else seq_len(q)
  if (!is.null(profiled)) profiled[seq_along(order), ] <- profiled[order, ]
  list(names = names, se = unname(sqrt(diag(as.matrix(vcov(model))))), deviance = found$deviance,
       direct = unname(found$ends), lme4 = if (is.null(profiled)) NULL else unname(profiled))
}

read <- function(name) read.csv(file.path(arguments[1], paste0(name, ".csv")), stringsAsFactors = TRUE)
orthodont <- as.data.frame(nlme::Orthodont); orthodont$Subject <- factor(as.character(orthodont$Subject))
orthodont$Sex <- factor(as.character(orthodont$Sex))
values <- list(
  sleepstudy = describe(lme4::sleepstudy, Reaction ~ Days + (1 + Days | Subject)),
  sleepstudy_intercept = describe(lme4::sleepstudy, Reaction ~ Days + (1 | Subject)),
  orthodont = describe(orthodont, distance ~ age * Sex + (1 + age | Subject)),
  unbalanced = describe(read("unbalanced"), trust ~ years * kinship + availability + stress + (1 + years | child)),
  no_slope_variance = describe(read("no_slope_variance"),
                               trust ~ years * kinship + availability + stress + (1 + years | child)),
  two_factors = describe(read("few_clusters"), trust ~ years + trained + age + stress + (1 | child) + (1 | carer)))
write_json(list(r = R.version.string, lme4 = as.character(packageVersion("lme4")), values = values),
           arguments[2], digits = I(15), auto_unbox = TRUE, pretty = FALSE)
