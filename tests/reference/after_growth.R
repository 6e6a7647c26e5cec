# What is asked of fitted models: emmeans, emtrends, anova, contestMD, p.adjust.
# Rscript after_growth.R FOLDER_WITH_COHORT after_growth.json     (cohort: python after_growth_cohort.py FOLDER)
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(emmeans); library(jsonlite); library(numDeriv)})
arguments <- commandArgs(TRUE)
emm_options(lmerTest.limit = 1e5, pbkrtest.limit = 1e5, msg.interaction = FALSE)

# An optimum tighter than lme4's default: best of several starts, then Newton steps in the interior.
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
fit <- function(formula, data, REML = TRUE) eval(bquote(lmerTest::lmer(.(formula), data = .(as.name(data)), REML = .(REML), control = control)))

sleep <- lme4::sleepstudy; sleep$Subject <- factor(as.character(sleep$Subject))
teeth <- as.data.frame(nlme::Orthodont); teeth$Subject <- factor(as.character(teeth$Subject)); teeth$Sex <- factor(as.character(teeth$Sex))
contexts <- read.csv(file.path(arguments[1], "contexts.csv"), stringsAsFactors = TRUE)
contexts$w <- factor(paste0("w", contexts$wave))

models <- list(
  sleepstudy = fit(Reaction ~ Days + (1 + Days | Subject), "sleep"),
  orthodont = fit(distance ~ age * Sex + (1 + age | Subject), "teeth"),
  contexts = fit(trust ~ years * context + years * availability + stress + (1 + years | child), "contexts"),
  contexts_ml = fit(trust ~ years * context + years * availability + stress + (1 + years | child), "contexts", FALSE),
  two_factors = fit(trust ~ context * w + boy + stress + (1 | child), "contexts"),
  curved = fit(trust ~ (years + I(years^2)) * availability + context + (1 | child), "contexts"))

# Means: model, specs, at, weights.
means <- list(
  sleep_days = list("sleepstudy", ~ Days, list(Days = c(0, 5, 9)), "equal"),
  teeth_sex = list("orthodont", ~ Sex, list(), "equal"),
  teeth_sex_age = list("orthodont", ~ Sex | age, list(age = c(8, 11, 14)), "equal"),
  contexts_of = list("contexts", ~ context, list(), "equal"),
  contexts_of_ml = list("contexts_ml", ~ context, list(), "equal"),
  contexts_years = list("contexts", ~ context | years, list(years = c(0, 1.5, 3), stress = 4), "equal"),
  years_equal = list("contexts", ~ years, list(years = c(0, 3)), "equal"),
  years_proportional = list("contexts", ~ years, list(years = c(0, 3)), "proportional"),
  waves = list("two_factors", ~ w, list(), "equal"),
  waves_proportional = list("two_factors", ~ w, list(), "proportional"),
  waves_in_contexts = list("two_factors", ~ context | w, list(), "equal"),
  boys = list("two_factors", ~ boy, list(), "equal"),
  curve = list("curved", ~ years, list(years = 0:3), "equal"))
adjusted <- function(table, how) unname(as.data.frame(summary(table, infer = TRUE, adjust = how))$p.value)
describe_contrasts <- function(grid, method) {
  found <- contrast(grid, method, adjust = "none"); table <- as.data.frame(summary(found, infer = TRUE))
  list(label = as.character(table$contrast), estimate = table$estimate, std_error = table$SE, df = table$df,
       p = table$p.value, low = table$lower.CL, high = table$upper.CL,
       holm = p.adjust(table$p.value, "holm"), fdr = p.adjust(table$p.value, "fdr"))
}
describe_means <- function(asked) {
  model <- models[[asked[[1]]]]; out <- list()
  for (df in if (isREML(model)) c("satterthwaite", "kenward-roger") else "satterthwaite") {
    grid <- emmeans(model, asked[[2]], at = asked[[3]], weights = asked[[4]], lmer.df = df)
    table <- as.data.frame(summary(grid, infer = TRUE))
    labels <- table[, seq_len(match("emmean", names(table)) - 1), drop = FALSE]
    labels[] <- lapply(labels, as.character)
    out[[df]] <- list(cells = as.list(labels), estimate = table$emmean, std_error = table$SE, df = table$df,
                      low = table$lower.CL, high = table$upper.CL,
                      pairwise = describe_contrasts(grid, "pairwise"),
                      reference = describe_contrasts(grid, "trt.vs.ctrl"),
                      consecutive = describe_contrasts(grid, "consec"))
  }
  out
}

# Slopes: model, moderators, slope of, at.
sd_of <- function(x) mean(x) + c(-1, 0, 1) * sd(x)
slopes <- list(
  teeth_age = list("orthodont", ~ Sex, "age", list()),
  contexts_years = list("contexts", ~ context, "years", list()),
  contexts_years_at = list("contexts", ~ availability | context, "years", list(availability = sd_of(contexts$availability))),
  contexts_availability = list("contexts", ~ years, "availability", list(years = c(0, 1, 3))),
  curved_years = list("curved", ~ years | availability, "years", list(years = c(0, 1, 3), availability = c(-1, 1))))
describe_slopes <- function(asked) {
  model <- models[[asked[[1]]]]; out <- list()
  for (df in c("satterthwaite", "kenward-roger")) {
    # emtrends takes a one-sided difference, which is off by half a step where a course is curved.
    grid <- emtrends(model, asked[[2]], var = asked[[3]], at = asked[[4]], lmer.df = df, delta.var = 1e-6)
    table <- as.data.frame(summary(grid, infer = TRUE)); end <- match(paste0(asked[[3]], ".trend"), names(table))
    labels <- table[, seq_len(end - 1), drop = FALSE]; labels[] <- lapply(labels, as.character)
    out[[df]] <- list(cells = as.list(labels), estimate = table[[end]], std_error = table$SE, df = table$df,
                      p = table$p.value, low = table$lower.CL, high = table$upper.CL,
                      pairwise = describe_contrasts(grid, "pairwise"))
  }
  out
}

# Likelihood ratios: smaller, larger, both by REML or both by ML.
compared <- function(smaller, larger, data, REML) {
  a <- fit(smaller, data, REML); b <- fit(larger, data, REML); table <- anova(a, b, refit = FALSE)
  list(chi2 = table$Chisq[2], df = table$Df[2], p = table$`Pr(>Chisq)`[2], aic = table$AIC, bic = table$BIC,
       log_likelihood = table$logLik, n_parameters = table$npar)
}
comparisons <- list(
  sleep_slope = compared(Reaction ~ Days + (1 | Subject), Reaction ~ Days + (1 + Days | Subject), "sleep", TRUE),
  sleep_slope_ml = compared(Reaction ~ Days + (1 | Subject), Reaction ~ Days + (1 + Days | Subject), "sleep", FALSE),
  sleep_correlation = compared(Reaction ~ Days + (1 | Subject) + (0 + Days | Subject), Reaction ~ Days + (1 + Days | Subject), "sleep", TRUE),
  sleep_days = compared(Reaction ~ 1 + (1 + Days | Subject), Reaction ~ Days + (1 + Days | Subject), "sleep", FALSE),
  teeth_sex = compared(distance ~ age + (1 + age | Subject), distance ~ age * Sex + (1 + age | Subject), "teeth", FALSE),
  contexts = compared(trust ~ years + stress + (1 + years | child), trust ~ years * context + stress + (1 + years | child), "contexts", FALSE),
  contexts_both = compared(trust ~ years + stress + (1 | child), trust ~ years * context + stress + (1 + years | child), "contexts", FALSE),
  years_in_waves = compared(trust ~ years + stress + (1 | child), trust ~ w + stress + (1 | child), "contexts", FALSE))

# Joint tests: model and the fixed effects that are tested to be zero together.
joint <- list(
  sleepstudy = list("sleepstudy", c("(Intercept)", "Days")),
  orthodont = list("orthodont", c("SexMale", "age:SexMale")),
  contexts = list("contexts", c("years:contextkinship", "years:contextresidential")),
  contexts_several = list("contexts", c("contextkinship", "contextresidential", "years:contextkinship", "years:contextresidential", "stress")),
  contexts_one = list("contexts", "stress"),
  contexts_ml = list("contexts_ml", c("years:contextkinship", "years:contextresidential")),
  waves = list("two_factors", c("ww2", "ww3", "ww4")))
describe_joint <- function(asked) {
  model <- models[[asked[[1]]]]; L <- diag(length(fixef(model)))[match(asked[[2]], names(fixef(model))), , drop = FALSE]
  table <- contestMD(model, L)
  list(f = table$`F value`, df_tested = table$NumDF, df = table$DenDF, p = table$`Pr(>F)`)
}

# Other families, on the scale of the link and carried over.
contexts$yes <- as.integer(contexts$trust > 2.5); contexts$number <- round(exp(contexts$trust / 2))
of_family <- function(formula, smaller, family) {
  control <- glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e5), tolPwrss = 1e-12)
  refit <- function(formula) eval(bquote(glmer(.(formula), contexts, family = .(family), nAGQ = 25, control = control)))
  model <- refit(formula); grid <- emmeans(model, ~ context)
  shown <- as.data.frame(summary(grid, type = "response", infer = TRUE))
  link <- as.data.frame(summary(grid, infer = TRUE))
  ratio <- as.data.frame(summary(contrast(grid, "trt.vs.ctrl", adjust = "none"), type = "response", infer = TRUE))
  slope <- as.data.frame(summary(emtrends(model, ~ context, var = "years", delta.var = 1e-5), infer = TRUE))
  ends <- function(table, value) list(estimate = table[[value]], std_error = table$SE,
    low = table[[grep("LCL|lower", names(table))]], high = table[[grep("UCL|upper", names(table))]], p = table$p.value)
  test <- anova(refit(smaller), model)
  list(link = ends(link, "emmean"), shown = ends(shown, names(shown)[2]), ratio = ends(ratio, names(ratio)[2]),
       slope = ends(slope, "years.trend"), chi2 = test$Chisq[2], df = test$Df[2])
}
families_of_outcomes <- list(
  binomial = of_family(yes ~ years * context + (1 | child), yes ~ years + context + (1 | child), "binomial"),
  poisson = of_family(number ~ years * context + (1 | child), number ~ years + context + (1 | child), "poisson"))

p <- c(0.001, 0.04, NA, 0.03, 0.03, 0.2, 0.9, 0.011, 0.012, NA, 1)
families <- list(p = p, holm = p.adjust(p, "holm"), fdr = p.adjust(p, "BH"))
betas <- lapply(models, function(model) list(terms = names(fixef(model)), beta = unname(fixef(model))))
versions <- sapply(c("lme4", "lmerTest", "pbkrtest", "emmeans"), function(one) as.character(packageVersion(one)))
write_json(list(r = R.version.string, versions = as.list(versions), betas = betas,
                means = lapply(means, describe_means), slopes = lapply(slopes, describe_slopes),
                comparisons = comparisons, joint = lapply(joint, describe_joint), families = families, outcomes = families_of_outcomes),
           arguments[2], digits = I(15), auto_unbox = FALSE, pretty = FALSE, na = "null")
