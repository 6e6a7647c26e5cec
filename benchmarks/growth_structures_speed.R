# Seconds of one fit by lme4 or ordinal, its log-likelihood or REML criterion, and its fixed effects.
# Rscript growth_structures_speed.R cohort.csv formula kind
suppressMessages({library(lme4); library(ordinal)})
given <- commandArgs(TRUE)
data <- read.csv(given[1], stringsAsFactors = TRUE)
formula <- as.formula(given[2])
if (given[3] == "ordinal") data$answer <- ordered(data$answer)
fit <- switch(given[3],
  linear = function() lmer(formula, data),
  binary = function() glmer(formula, data, family = binomial, nAGQ = 9),
  ordinal = function() clmm(formula, data = data))
time <- proc.time(); model <- fit(); seconds <- sum((proc.time() - time)[1:2])
height <- if (given[3] == "linear") REMLcrit(model) else -2 * as.numeric(logLik(model))
effects <- if (given[3] == "ordinal") model$beta else fixef(model)
cat(seconds, format(height, digits = 15), format(effects, digits = 12))
