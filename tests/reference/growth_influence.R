# Predictions with their error, influence of children and carers, and explained variance, from lme4 at a tight optimum.
# Rscript growth_influence.R FOLDER_WITH_COHORTS growth_influence.json
#     (cohorts: python growth_influence_cohorts.py FOLDER)
suppressMessages({library(lme4); library(jsonlite); library(numDeriv)})
arguments <- commandArgs(TRUE)

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

# ---- predictions: dense matrices, the inverse of Henderson's equations, numerical slopes of the variance -------------

lower <- function(D) D[lower.tri(D, diag = TRUE)]
symmetric <- function(v) {
  q <- (sqrt(8 * length(v) + 1) - 1) / 2
  D <- matrix(0, q, q); D[lower.tri(D, diag = TRUE)] <- v
  D + t(D) - diag(diag(D), q)
}

# Parameters are the lower triangles of each factor's D, then sigma^2.
split_parameters <- function(v, sizes) {
  ends <- cumsum(sizes); starts <- ends - sizes + 1
  list(D = Map(function(a, b) symmetric(v[a:b]), starts, ends), s2 = v[length(v)])
}

of_model <- function(model) {
  VC <- VarCorr(model); flist <- getME(model, "flist")
  factors <- lapply(names(VC), function(name) {
    bars <- findbars(formula(model)); bar <- bars[[which(sapply(bars, function(one) deparse(one[[3]]) == name))]]
    list(name = name, D = as.matrix(VC[[name]])[seq_len(nrow(VC[[name]])), , drop = FALSE], f = flist[[name]],
         z = model.matrix(as.formula(call("~", bar[[2]])), model.frame(model)))
  })
  v <- c(unlist(lapply(factors, function(one) lower(one$D))), sigma(model)^2)
  list(X = getME(model, "X"), y = getME(model, "y"), factors = factors, v = unname(v),
       sizes = sapply(factors, function(one) length(lower(one$D))), reml = isREML(model))
}

incidence <- function(z, f) {
  out <- matrix(0, nrow(z), ncol(z) * nlevels(f))
  for (a in seq_len(ncol(z))) out[cbind(seq_len(nrow(z)), (as.integer(f) - 1) * ncol(z) + a)] <- z[, a]
  out
}

restricted <- function(v, m) {
  parts <- split_parameters(v, m$sizes)
  V <- diag(parts$s2, nrow(m$X))
  for (k in seq_along(m$factors)) {
    Z <- incidence(m$factors[[k]]$z, m$factors[[k]]$f)
    V <- V + Z %*% kronecker(diag(nlevels(m$factors[[k]]$f)), parts$D[[k]]) %*% t(Z)
  }
  root <- chol(V); half <- backsolve(root, cbind(m$X, m$y), transpose = TRUE)
  p <- ncol(m$X); qr <- qr(half[, 1:p]); rest <- qr.resid(qr, half[, p + 1])
  value <- 2 * sum(log(diag(root))) + sum(rest^2) + (nrow(m$X) - if (m$reml) p else 0) * log(2 * pi)
  if (m$reml) value + 2 * sum(log(abs(diag(qr.R(qr))))) else value
}

# Variance of prediction minus truth for the rows `new`; `unknown` says of which factors the level is not known.
variance_of <- function(v, m, rows, unknown, extra) {
  parts <- split_parameters(v, m$sizes); s2 <- parts$s2
  Z <- do.call(cbind, lapply(m$factors, function(one) incidence(one$z, one$f)))
  blocks <- lapply(seq_along(m$factors), function(k) kronecker(diag(nlevels(m$factors[[k]]$f)), solve(parts$D[[k]])))
  G <- as.matrix(Matrix::bdiag(blocks))
  C <- solve(rbind(cbind(crossprod(m$X), crossprod(m$X, Z)), cbind(crossprod(Z, m$X), crossprod(Z) + s2 * G)) / s2)
  z <- do.call(cbind, lapply(m$factors, function(one) incidence(one$z, one$f) * (!(one$name %in% unknown))))
  L <- cbind(m$X, z)[rows, , drop = FALSE]
  own <- rowSums(sapply(seq_along(m$factors), function(k) {
    z <- m$factors[[k]]$z[rows, , drop = FALSE]
    if (m$factors[[k]]$name %in% unknown) rowSums((z %*% parts$D[[k]]) * z) else rep(0, length(rows))
  }))
  rowSums((L %*% C) * L) + own + extra * s2
}

# What the variance lacks because the variances are estimated: twice tr(A J'VJ), J the slopes of the weights of the
# prediction (Kackar & Harville 1984; Prasad & Rao 1990).
shortfall <- function(v, m, rows, unknown, A) {
  Z <- do.call(cbind, lapply(m$factors, function(one) incidence(one$z, one$f)))
  z <- do.call(cbind, lapply(m$factors, function(one) incidence(one$z, one$f) * (!(one$name %in% unknown))))
  L <- cbind(m$X, z)[rows, , drop = FALSE]
  weights <- function(v) {
    parts <- split_parameters(v, m$sizes)
    blocks <- lapply(seq_along(m$factors), function(k) kronecker(diag(nlevels(m$factors[[k]]$f)), solve(parts$D[[k]])))
    G <- as.matrix(Matrix::bdiag(blocks))
    C <- solve(rbind(cbind(crossprod(m$X), crossprod(m$X, Z)), cbind(crossprod(Z, m$X), crossprod(Z) + parts$s2 * G)))
    as.vector(L %*% C %*% t(cbind(m$X, Z)))
  }
  parts <- split_parameters(v, m$sizes)
  D <- as.matrix(Matrix::bdiag(lapply(seq_along(m$factors), function(k) kronecker(diag(nlevels(m$factors[[k]]$f)), parts$D[[k]]))))
  V <- Z %*% D %*% t(Z) + diag(parts$s2, nrow(Z))
  J <- array(jacobian(weights, v), c(length(rows), nrow(Z), length(v)))
  sapply(seq_along(rows), function(r) { S <- matrix(J[r, , ], nrow(Z)); 2 * sum(A * (t(S) %*% V %*% S)) })
}

predictions <- function(model, rows, unknowns) {
  m <- of_model(model); A <- 2 * solve(hessian(function(v) restricted(v, m), m$v))
  unlist(recursive = FALSE, lapply(unknowns, function(unknown) lapply(c(mean = 0, new = 1), function(extra) {
    v <- variance_of(m$v, m, rows, unknown, extra)
    J <- jacobian(function(at) variance_of(at, m, rows, unknown, extra), m$v)
    list(rows = rows, unknown = I(unknown), interval = if (extra) "new" else "mean",
         std_error = sqrt(v), shortfall = shortfall(m$v, m, rows, unknown, A), df = 2 * v^2 / rowSums((J %*% A) * J))
  })))
}

# ---- influence: every level left out, and lme4's own figures ----------------------------------------------------------

variances <- function(model) unname(c(unlist(lapply(VarCorr(model), function(D) lower(as.matrix(D)))), sigma(model)^2))

leave_out <- function(model, data, by, fit) {
  levels <- unique(as.character(data[[by]]))
  one <- lapply(levels, function(level) {
    rest <- fit(droplevels(data[as.character(data[[by]]) != level, ]))
    list(beta = unname(fixef(rest)), se = unname(sqrt(diag(as.matrix(vcov(rest))))), variances = variances(rest))
  })
  beta <- t(sapply(one, function(x) x$beta)); se <- t(sapply(one, function(x) x$se))
  change <- sweep(beta, 2, fixef(model))
  list(by = by, levels = levels, beta = beta, variances = t(sapply(one, function(x) x$variances)), dfbetas = change / se,
       cooks = rowSums((change %*% solve(as.matrix(vcov(model)))) * change) / ncol(beta))
}

lme4s_own <- function(model, by) {
  found <- influence(model, by)
  list(dfbetas = unname(dfbetas(found)), cooks = unname(cooks.distance(found)), levels = as.character(found$deleted))
}

# ---- explained variance (Nakagawa & Schielzeth 2013; Johnson 2014; Nakagawa, Johnson & Schielzeth 2017) ---------------

explained <- function(model, residual) {
  VC <- VarCorr(model); bars <- findbars(formula(model))
  of_random <- sapply(names(VC), function(name) {
    bar <- bars[[which(sapply(bars, function(one) deparse(one[[3]]) == name))]]
    Z <- model.matrix(as.formula(call("~", bar[[2]])), model.frame(model))
    mean(rowSums((Z %*% as.matrix(VC[[name]])) * Z))
  })
  of_fixed <- var(as.vector(getME(model, "X") %*% fixef(model)))
  total <- of_fixed + sum(of_random) + residual
  list(fixed = of_fixed, random = as.list(of_random), residual = residual,
       r2_marginal = of_fixed / total, r2_conditional = (of_fixed + sum(of_random)) / total,
       icc = as.list(of_random / (sum(of_random) + residual)))
}

# ---- cases --------------------------------------------------------------------------------------------------------------

read <- function(name) read.csv(file.path(arguments[1], paste0(name, ".csv")), stringsAsFactors = TRUE)
linear <- function(formula, data, reml = TRUE) eval(bquote(lmer(.(formula), data, REML = .(reml), control = control)))
out <- list()

sleep <- lme4::sleepstudy
fit <- function(data) lmer(Reaction ~ Days + (Days | Subject), data, control = control)
model <- fit(sleep)
out$sleepstudy <- list(
  predictions = unname(predictions(model, c(1, 4, 10, 55, 180), list(character(0), "Subject"))),
  influence = leave_out(model, sleep, "Subject", fit),
  lme4 = lme4s_own(lmer(Reaction ~ Days + (Days | Subject), sleep), "Subject"),
  explained = explained(model, sigma(model)^2))

cohort <- read("unbalanced")
fit <- function(data) lmer(trust ~ years * kinship + availability + stress + (years | child), data, control = control)
model <- fit(cohort)
out$unbalanced <- list(
  predictions = unname(predictions(model, c(1, 2, 30, 77, 120), list(character(0), "child"))),
  influence = leave_out(model, cohort, "child", fit),
  by_kinship_and_wave = leave_out(model, transform(cohort, wave = paste0("w", years)), "wave", fit),
  explained = explained(model, sigma(model)^2))

shared <- read("shared_carers")
fit <- function(data) lmer(trust ~ years + kinship + (1 | child) + (1 | carer), data, control = control)
model <- fit(shared)
ignoring <- lmer(trust ~ years + kinship + (1 | child), shared, control = control)
out$shared_carers <- list(
  predictions = unname(predictions(model, c(1, 2, 30, 77, 110), list(character(0), "child", "carer", c("child", "carer")))),
  influence = leave_out(model, shared, "carer", fit),
  explained = explained(model, sigma(model)^2),
  std_error = unname(sqrt(diag(as.matrix(vcov(model))))),
  std_error_ignoring = unname(sqrt(diag(as.matrix(vcov(ignoring))))))

counts <- read("counts")
quadrature <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-10, optCtrl = list(rhobeg = 2e-3, rhoend = 1e-9, maxfun = 20000))
poisson <- glmer(visits ~ years + kinship + (1 | child), counts, family = "poisson", nAGQ = 15, control = quadrature)
binary <- glmer(settled ~ years + kinship + (1 | child), counts, family = "binomial", nAGQ = 15, control = quadrature)
out$counts <- list(
  poisson = explained(poisson, log(1 + 1 / mean(counts$visits))),
  binomial = explained(binary, pi^2 / 3))

write(toJSON(list(made_with = list(R = R.version.string, lme4 = as.character(packageVersion("lme4"))), values = out),
             digits = NA, auto_unbox = TRUE, matrix = "rowmajor"), arguments[2])
