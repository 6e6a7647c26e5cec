# Interactions in mixed models: lme4 and lmerTest, simple slopes of emmeans, p.adjust, Johnson-Neyman by uniroot.
# Rscript moderation.R FOLDER_WITH_COHORT moderation.json     (cohort: python moderation_cohort.py FOLDER)
suppressMessages({library(lme4); library(lmerTest); library(emmeans); library(jsonlite); library(numDeriv)})
arguments <- commandArgs(TRUE)
emm_options(lmerTest.limit = 1e5, pbkrtest.limit = 1e5)

# As in growth.R: best of several starts, then Newton steps until the gradient vanishes.
tight <- function(fn, par, lower, upper, control) {
  found <- lapply(list(par, par * 0.3, par * 0 + 0.5), function(start)
    nlminb(start, fn, lower = lower, upper = upper, control = list(rel.tol = 1e-15, x.tol = 1e-13)))
  best <- found[[which.min(sapply(found, function(one) one$objective))]]$par
  if (all(abs(best[lower == 0]) > 1e-3)) for (i in 1:4) best <- best - solve(hessian(fn, best), grad(fn, best))
  list(par = best, fval = fn(best), conv = 0, message = "", feval = 0)
}
control <- lmerControl(optimizer = "tight", calc.derivs = FALSE)

cohort <- read.csv(file.path(arguments[1], "moderation.csv"))
dimensions <- c("availability", "sensitivity", "acceptance", "cooperation", "family_membership")
centred <- cohort
for (name in dimensions) centred[[name]] <- cohort[[name]] - mean(cohort[[name]])
fit <- function(formula, data = centred) lmer(as.formula(formula), data, control = control)

family <- lapply(combn(dimensions, 2, simplify = FALSE), function(pair) {
  model <- fit(sprintf("trust ~ years + %s * %s + (1 | child)", pair[1], pair[2]))
  row <- coef(summary(model))[paste(pair, collapse = ":"), ]
  list(first = pair[1], second = pair[2], estimate = row[[1]], std_error = row[[2]], df = row[[3]],
       statistic = row[[4]], p = row[[5]])
})
p <- sapply(family, function(one) one$p)

# Simple slopes of availability at three values of sensitivity, by emmeans with Satterthwaite's degrees of freedom.
model <- fit("trust ~ years + availability * sensitivity + (1 | child)")
slopes_of <- function(model, at, df) {
  table <- as.data.frame(summary(emtrends(model, ~ sensitivity, var = "availability", at = list(sensitivity = at),
    lmer.df = df, delta.var = 1), infer = TRUE))
  list(estimate = table[[2]], std_error = table$SE, df = table$df, low = table$lower.CL, high = table$upper.CL,
       p = table$p.value)
}
at <- c(-1, 0, 1) * sd(cohort$sensitivity)
slopes <- slopes_of(model, at, "satterthwaite")
slopes_kr <- slopes_of(model, at, "kenward-roger")

# Groups as moderator: the slope in each, and the difference.
labels <- fit("trust ~ years + availability * kinship + (1 | child)")
table <- as.data.frame(summary(emtrends(labels, ~ kinship, var = "availability", lmer.df = "satterthwaite",
  delta.var = 1), infer = TRUE))
row <- coef(summary(labels))["availability:kinshipyes", ]
by_kinship <- list(estimate = table[[2]], std_error = table$SE, df = table$df,
  interaction = list(estimate = row[[1]], std_error = row[[2]], df = row[[3]], p = row[[5]]))

# Johnson-Neyman: where |slope| = t(df(z)) se(z). Once with lmerTest's df at each value, once with fixed df, whose
# ends are the roots of a quadratic in the coefficients and their covariance.
names_of <- c("availability", "availability:sensitivity")
excess <- function(z) {
  rows <- matrix(0, 1, length(fixef(model)), dimnames = list(NULL, names(fixef(model))))
  rows[, names_of] <- c(1, z)
  found <- contest1D(model, as.vector(rows))
  abs(found$Estimate) - qt(0.975, found$df) * found$`Std. Error`
}
range <- range(centred$sensitivity)
grid <- seq(range[1], range[2], length.out = 400)
values <- sapply(grid, excess)
cross <- which(diff(sign(values)) != 0)
ends <- sapply(cross, function(i) uniroot(excess, grid[i + 0:1], tol = 1e-13)$root)
b <- fixef(model)[names_of]; V <- as.matrix(vcov(model))[names_of, names_of]
crit <- qt(0.975, nobs(model) - length(fixef(model)))^2
quadratic <- c(b[2]^2 - crit * V[2, 2], 2 * (b[1] * b[2] - crit * V[1, 2]), b[1]^2 - crit * V[1, 1])
fixed_df_ends <- sort((-quadratic[2] + c(-1, 1) * sqrt(quadratic[2]^2 - 4 * quadratic[1] * quadratic[3])) / (2 * quadratic[1]))

# Between and within parts of both, all four products.
parts <- cohort
for (name in c("availability", "sensitivity")) {
  mean_of <- ave(cohort[[name]], cohort$child)
  parts[[paste0(name, "_between")]] <- mean_of - mean(mean_of)
  parts[[paste0(name, "_within")]] <- cohort[[name]] - mean_of
}
products <- "(availability_between + availability_within) * (sensitivity_between + sensitivity_within)"
split <- fit(sprintf("trust ~ years + %s + (1 | child)", products), parts)
split <- coef(summary(split))
split <- split[grep("availability.*:sensitivity", rownames(split)), ]

write_json(list(
  versions = list(R = R.version.string, lme4 = packageVersion("lme4"), emmeans = packageVersion("emmeans")),
  trust_sum = sum(cohort$trust), sd = lapply(cohort[c("trust", dimensions)], sd),
  family = family, holm = p.adjust(p, "holm"), fdr = p.adjust(p, "BH"),
  slopes = slopes, slopes_kr = slopes_kr, by_kinship = by_kinship,
  johnson_neyman = list(ends = ends + mean(cohort$sensitivity),
    fixed_df_ends = fixed_df_ends + mean(cohort$sensitivity), df = nobs(model) - length(fixef(model))),
  split = list(terms = rownames(split), estimate = split[, 1], std_error = split[, 2], df = split[, 3])
), arguments[2], digits = NA, auto_unbox = TRUE, pretty = TRUE, force = TRUE)
