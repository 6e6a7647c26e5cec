# Data sets that no part was developed with: four that R has, and a cohort whose residuals fade with time while a
# slope of something else differs between children. The rows of R's own stand in the JSON.
# Rscript held_out.R FOLDER held_out.json  (cohort: python held_out_cohorts.py FOLDER)
suppressMessages({library(nlme); library(lme4); library(lmerTest); library(pbkrtest); library(jsonlite)})
arguments <- commandArgs(TRUE)
plain <- function(data) { data <- as.data.frame(data); for (name in names(data)) if (is.factor(data[[name]])) data[[name]] <- factor(as.character(data[[name]])); data }
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE)
of_lmer <- function(formula, data) {
  model <- do.call(lmerTest::lmer, list(formula, data, control = control))
  kr <- coef(summary(model, ddf = "Kenward-Roger"))
  list(deviance = REMLcrit(model), beta = unname(fixef(model)), se = unname(sqrt(diag(as.matrix(vcov(model))))),
       df = unname(coef(summary(model))[, "df"]), se_kr = unname(kr[, "Std. Error"]), df_kr = unname(kr[, "df"]),
       D = lapply(VarCorr(model), function(D) matrix(as.numeric(D), nrow(D))), sigma2 = sigma(model)^2,
       singular = isSingular(model), data = plain(data))
}
set.seed(11)
chicks <- as.data.frame(ChickWeight)[sort(sample(nrow(ChickWeight), 200)), ]
chicks$Diet <- paste0("diet", chicks$Diet)
machines <- as.data.frame(Machines)[-c(3, 11, 20, 21, 35, 50), ]; machines$Worker <- paste0("w", machines$Worker)
pastes <- as.data.frame(Pastes)[-c(2, 9, 17, 30), ]
cake <- as.data.frame(cake)[, c("replicate", "recipe", "temp", "angle")]
values <- list(
  chicks = of_lmer(weight ~ Time * Diet + (Time | Chick), chicks),
  machines = of_lmer(score ~ Machine + (0 + Machine | Worker), machines),
  pastes = of_lmer(strength ~ cask + (1 | sample) + (1 | batch), pastes),
  cake = of_lmer(angle ~ recipe * temp + (temp | replicate), cake))
tired <- read.csv(file.path(arguments[1], "tired.csv"))
tight <- lmeControl(maxIter = 500, msMaxIter = 1000, tolerance = 1e-10, msTol = 1e-12, niterEM = 100, msMaxEval = 5000)
model <- lme(trust ~ years + stress, tired, random = ~ stress | child, correlation = corCAR1(0.4, ~ years | child), control = tight)
values$tired <- list(deviance = -2 * as.numeric(logLik(model)), beta = unname(fixef(model)),
  se = unname(sqrt(diag(vcov(model)))), phi = unname(coef(model$modelStruct$corStruct, unconstrained = FALSE)),
  D = matrix(as.numeric(getVarCov(model)), 2), sigma2 = model$sigma^2)
write_json(list(r = R.version.string, values = values), arguments[2], digits = I(17), auto_unbox = TRUE, dataframe = "columns")
