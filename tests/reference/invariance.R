# Reference values for measurement invariance: ladders in lavaan, over groups and over waves.
# Run: Rscript tests/reference/invariance.R   (writes tests/reference/invariance.json and invariance_waves.csv)
suppressMessages({library(lavaan); library(psych); library(jsonlite)})
options(digits = 17)
data(bfi)
# All items of a scale the same way round: lavaan's search, which begins with positive loadings, gets lost else.
for (item in c("A1", "C4", "C5", "E1", "E2", "O2", "O5")) bfi[[item]] <- 7 - bfi[[item]]
equal <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"),
              strict = c("loadings", "intercepts", "residuals"))

# ---- one ladder ------------------------------------------------------------------------------------------------
values <- function(fit, before) {
  m <- fitMeasures(fit)
  wanted <- c("chisq", "df", "pvalue", "cfi", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr", "aic", "bic", "logl",
              "npar", "chisq.scaled", "chisq.scaling.factor", "pvalue.scaled", "cfi.robust", "rmsea.robust")
  out <- as.list(m[intersect(wanted, names(m))])
  if (!is.null(before)) {
    test <- lavTestLRT(before, fit)
    out$difference <- list(chisq = test[2, "Chisq diff"], df = test[2, "Df diff"], p = test[2, "Pr(>Chisq)"])
  }
  p <- parameterEstimates(fit)
  names(p)[names(p) == "lhs"] <- "l"
  if (is.null(p$group)) p$group <- 1
  out$parameters <- lapply(seq_len(nrow(p)), function(i)
    list(l = p$l[i], op = p$op[i], r = p$rhs[i], group = p$group[i], est = p$est[i], se = p$se[i]))
  out
}
ladder <- function(fits) {
  out <- list()
  for (i in seq_along(fits)) out[[names(fits)[i]]] <- values(fits[[i]], if (i > 1) fits[[i - 1]] else NULL)
  out
}
over_groups <- function(model, data, group, missing, estimator = "ML", partial = "", steps = names(equal))
  lapply(setNames(steps, steps), function(step)
    cfa(model, data, group = group, std.lv = TRUE, missing = missing, estimator = estimator,
        group.equal = equal[[step]], group.partial = if (step == "configural") "" else partial))
# Each equality set free by itself, with expected information; with two groups that is one constraint.
score_tests <- function(fit, op) {
  p <- parTable(fit)
  test <- suppressWarnings(lavTestScore(fit)$uni)
  name_of <- function(label) { row <- p[p$plabel == label, ]; paste(row$lhs, row$op, row$rhs) }
  out <- data.frame(term = sapply(test$lhs, name_of), index = test$X2, p = test$p.value)
  out[grepl(op, out$term, fixed = TRUE), ]
}

hs_model <- "visual =~ x1 + x2 + x3
  textual =~ x4 + x5 + x6
  speed =~ x7 + x8 + x9"
hs <- HolzingerSwineford1939
hs_ml <- over_groups(hs_model, hs, "school", "ml")
hs_mlr <- over_groups(hs_model, hs, "school", "ml", "MLR")
# Of complete rows lavaan's robust indices are others unless it is told of missing values.
hs_mlr_whole <- over_groups(hs_model, hs, "school", "listwise", "MLR")
partial <- c("x3 ~1", "x7 ~1")
hs_partial <- over_groups(hs_model, hs, "school", "ml", partial = partial)
hs_missing <- read.csv("tests/reference/sem_holzinger_swineford_missing.csv")
hs_gaps <- over_groups(hs_model, hs_missing, "school", "ml")
hs_gaps_mlr <- over_groups(hs_model, hs_missing, "school", "ml", "MLR")

bfi_model <- paste(sapply(c("A", "C", "E", "N", "O"), function(s)
  paste(s, "=~", paste0(s, 1:5, collapse = " + "))), collapse = "\n")
bfi_ml <- over_groups(bfi_model, bfi, "gender", "ml")
bfi$schooling <- cut(bfi$education, c(0, 2, 3, 5), labels = c("school", "some college", "college"))
three <- over_groups("A =~ A1 + A2 + A3 + A4 + A5\n N =~ N1 + N2 + N3 + N4 + N5", bfi[!is.na(bfi$schooling), ],
                     "schooling", "ml")

# ---- over waves: 300 simulated children, two constructs of three items, three waves, a fifth of the waves missing --
set.seed(20421)
n <- 300; waves <- 3
trust <- matrix(rnorm(n * waves), n) %*% chol(matrix(c(1, .6, .5, .6, 1.2, .7, .5, .7, 1.4), 3))
belonging <- .5 * trust + matrix(rnorm(n * waves), n) %*% chol(matrix(c(1, .5, .4, .5, 1, .5, .4, .5, 1), 3))
long <- do.call(rbind, lapply(1:waves, function(w) {
  level <- .2 * (w - 1)
  data.frame(child = 1:n, wave = w,
    t1 = 1 + .8 * (trust[, w] + level) + rnorm(n, 0, .7), t2 = 2 + .7 * (trust[, w] + level) + rnorm(n, 0, .7),
    t3 = 1.5 + .6 * (trust[, w] + level) + .35 * (w == 3) + rnorm(n, 0, .8),
    b1 = 2 + .9 * (belonging[, w] + level) + rnorm(n, 0, .8), b2 = 1 + .7 * (belonging[, w] + level) + rnorm(n, 0, .7),
    b3 = 1 + .6 * (belonging[, w] + level) + rnorm(n, 0, .6)) }))
stable <- matrix(rnorm(n * 6, 0, .4), n)
items <- c("t1", "t2", "t3", "b1", "b2", "b3")
for (j in 1:6) long[[items[j]]] <- round(long[[items[j]]] + stable[long$child, j], 3)
long <- long[!(long$wave > 1 & runif(nrow(long)) < .15), ]
for (item in items) long[sample(nrow(long), 40), item] <- NA
long <- long[rowSums(!is.na(long[, items])) > 0, ]
write.csv(long, "tests/reference/invariance_waves.csv", row.names = FALSE, na = "")
wide <- reshape(long, idvar = "child", timevar = "wave", direction = "wide", sep = "_")

wave_model <- function(step) {
  at <- match(step, names(equal)); lines <- c()
  own <- list(trust = c("t1", "t2", "t3"), belonging = c("b1", "b2", "b3"))
  for (w in 1:waves) for (f in names(own)) for (x in own[[f]]) {
    tag <- function(kind, from) if (at >= from) paste0(kind, x, "*") else ""
    lines <- c(lines, sprintf("%s_%d =~ NA*%s_%d%s", f, w, x, w, if (at >= 2) sprintf(" + l%s*%s_%d", x, x, w) else ""),
               sprintf("%s_%d ~ %s1", x, w, tag("i", 3)), sprintf("%s_%d ~~ %s%s_%d", x, w, tag("r", 4), x, w))
  }
  for (w in 1:waves) for (f in names(own)) lines <- c(lines,
    sprintf("%s_%d ~~ %s*%s_%d", f, w, if (w == 1 || at < 2) "1" else "NA", f, w),
    sprintf("%s_%d ~ %s*1", f, w, if (w == 1 || at < 3) "0" else "NA"))
  for (x in items) for (v in 1:2) for (w in (v + 1):3) lines <- c(lines, sprintf("%s_%d ~~ %s_%d", x, v, x, w))
  paste(lines, collapse = "\n")
}
over_waves <- function(estimator) lapply(setNames(names(equal), names(equal)), function(step)
  cfa(wave_model(step), wide, missing = "ml", estimator = estimator))
waves_ml <- over_waves("ML"); waves_mlr <- over_waves("MLR")

write_json(list(
  R = R.version.string, lavaan = as.character(packageVersion("lavaan")), partial = partial,
  hs_ml = ladder(hs_ml), hs_mlr = ladder(hs_mlr), hs_mlr_whole = ladder(hs_mlr_whole), hs_partial = ladder(hs_partial), hs_gaps = ladder(hs_gaps),
  hs_gaps_mlr = ladder(hs_gaps_mlr), bfi_ml = ladder(bfi_ml), bfi_three = ladder(three),
  waves_ml = ladder(waves_ml), waves_mlr = ladder(waves_mlr),
  score_metric = score_tests(hs_ml$metric, "=~"), score_scalar = score_tests(hs_ml$scalar, "~1"),
  score_strict = score_tests(hs_ml$strict, "~~")
), "tests/reference/invariance.json", digits = NA, auto_unbox = TRUE, na = "null")
