# Reference values for intraclass correlations of tables with cells missing: psych with lme4.
# Run: Rscript tests/reference/incomplete_ratings.R   (writes tests/reference/incomplete_ratings.json)
suppressMessages({library(psych); library(lme4); library(jsonlite)})
options(digits = 17)
strict <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5))

# Shrout & Fleiss (1979), table 2: 6 targets, 4 judges; one cell taken out.
shrout_fleiss <- matrix(c(9,2,5,8, 6,1,3,2, 8,4,6,8, 7,1,2,6, 10,5,6,9, 6,2,4,7), ncol = 4, byrow = TRUE)
shrout_fleiss[2, 3] <- NA

set.seed(20419)
table_of <- function(n, k, units, coders, error)
  round(outer(rnorm(n, 50, units), rep(1, k)) + outer(rep(1, n), rnorm(k, 0, coders)) + rnorm(n * k, 0, error), 1)
gappy <- table_of(40, 5, 10, 4, 8); gappy[sample(200, 60)] <- NA
two_of_six <- table_of(50, 6, 8, 5, 8)
for (i in 1:50) two_of_six[i, sample(6, 4)] <- NA
nothing_between <- table_of(30, 3, 0, 3, 8); nothing_between[sample(90, 20)] <- NA
coders_alike <- table_of(30, 3, 8, 0, 8); coders_alike[sample(90, 20)] <- NA

values <- function(x) {
  r <- suppressMessages(ICC(x, lmer = TRUE)$results)
  d <- data.frame(y = c(x), unit = factor(row(x)), coder = factor(col(x)))
  m <- suppressMessages(lmer(y ~ 1 + (1 | unit) + (1 | coder), d, control = strict))
  v <- as.data.frame(VarCorr(m)); v <- setNames(v$vcov, v$grp)
  list(data = x, icc = r$ICC, type = r$type, units = v[["unit"]], coders = v[["coder"]], error = v[["Residual"]],
       reml = REMLcrit(m))
}
write_json(list(
  R = R.version.string, psych = as.character(packageVersion("psych")), lme4 = as.character(packageVersion("lme4")),
  shrout_fleiss = values(shrout_fleiss), gappy = values(gappy), two_of_six = values(two_of_six),
  nothing_between = values(nothing_between), coders_alike = values(coders_alike)
), "tests/reference/incomplete_ratings.json", digits = NA, auto_unbox = TRUE, na = "null")
