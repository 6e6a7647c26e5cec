# Reference values for measurement invariance of ordered categories: ladders of thresholds, loadings, intercepts and
# residual variances, written by semTools (Wu & Estabrook 2016) and fitted by lavaan; over waves written out here.
# Run: Rscript tests/reference/invariance_ordinal.R   (writes invariance_ordinal.json and invariance_ordinal_waves.csv)
suppressMessages({library(lavaan); library(psych); library(semTools); library(jsonlite)})
options(digits = 17)
data(bfi)
for (item in c("A1", "C4", "C5", "E1", "E2", "O2", "O5")) bfi[[item]] <- 7 - bfi[[item]]
equal <- list(configural = "", thresholds = "thresholds", metric = c("thresholds", "loadings"),
              scalar = c("thresholds", "loadings", "intercepts"),
              strict = c("thresholds", "loadings", "intercepts", "residuals"))

# ---- one ladder ------------------------------------------------------------------------------------------------
values <- function(fit, before) {
  wanted <- c("chisq", "df", "chisq.scaled", "pvalue.scaled", "chisq.scaling.factor", "cfi", "rmsea",
              "rmsea.ci.lower", "rmsea.ci.upper", "cfi.scaled", "rmsea.scaled", "rmsea.ci.lower.scaled",
              "rmsea.ci.upper.scaled", "srmr", "npar")
  out <- as.list(fitMeasures(fit, wanted))
  if (!is.null(before)) {
    test <- suppressWarnings(lavTestLRT(before, fit))
    out$difference <- list(chisq = test[2, "Chisq diff"], df = test[2, "Df diff"], p = test[2, "Pr(>Chisq)"])
  }
  p <- parameterEstimates(fit)
  p <- p[p$op != "~*~", ]
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
over_groups <- function(model, data, items, group, steps = names(equal), partial = NULL)
  lapply(setNames(steps, steps), function(step)
    measEq.syntax(model, data, ordered = items, parameterization = "theta", ID.fac = "std.lv",
                  ID.cat = "Wu.Estabrook.2016", group = group, group.equal = equal[[step]],
                  group.partial = if (step == "configural") NULL else partial, estimator = "WLSMV",
                  missing = "pairwise", return.fit = TRUE))
text_of <- function(scales) paste(sapply(scales, function(s)
  paste(s, "=~", paste0(s, 1:5, collapse = " + "))), collapse = "\n")
items_of <- function(scales) c(sapply(scales, paste0, 1:5))

two <- over_groups(text_of(c("A", "N")), bfi, items_of(c("A", "N")), "gender")
freed <- over_groups(text_of("N"), bfi, items_of("N"), "gender", partial = c("N5 ~ 1", "N4 ~ 1"))
# Fewer answers: of three, thresholds say nothing by themselves; of two, neither do loadings.
cut3 <- cut2 <- bfi
for (item in items_of("N")) {
  cut3[[item]] <- as.integer(cut(bfi[[item]], c(0, 2, 4, 6))); cut2[[item]] <- as.integer(bfi[[item]] > 3)
}
three <- over_groups(text_of("N"), cut3, items_of("N"), "gender", c("configural", "metric", "scalar", "strict"))

# Two answers: equal thresholds, loadings and intercepts at once, with free residual variances after the first group.
binary <- function(step) {
  x <- items_of("N"); late <- step != "configural"
  both <- function(kind, i) if (late) sprintf("c(%s%d, %s%d)", kind, i, kind, i) else sprintf("c(%s%da, %s%db)", kind, i, kind, i)
  lines <- c(
    sprintf("N =~ c(NA, NA)*%s + %s*%s", x, sapply(1:5, function(i) both("l", i)), x),
    sprintf("%s | %s*t1", x, sapply(1:5, function(i) both("t", i))), sprintf("%s ~ c(0, 0)*1", x),
    if (step == "scalar") sprintf("%s ~~ c(1, NA)*%s", x, x) else sprintf("%s ~~ c(1, 1)*%s", x, x),
    if (late) c("N ~~ c(1, NA)*N", "N ~ c(0, NA)*1") else c("N ~~ c(1, 1)*N", "N ~ c(0, 0)*1"))
  lavaan(paste(lines, collapse = "\n"), cut2, group = "gender", ordered = x, parameterization = "theta",
         missing = "pairwise", estimator = "WLSMV")
}
steps2 <- c("configural", "scalar", "strict")
of_two <- lapply(setNames(steps2, steps2), binary)

# ---- over waves: 400 simulated children, four items of four answers, two waves, some gaps ---------------------------
set.seed(61522)
n <- 400
trust <- cbind(rnorm(n), 0); trust[, 2] <- .3 + .6 * trust[, 1] + .9 * rnorm(n)
cuts <- list(c(-1.1, -.2, .8), c(-.8, .1, 1), c(-1.2, -.3, .5), c(-.9, 0, .9))
stable <- matrix(rnorm(n * 4, 0, .4), n)
long <- do.call(rbind, lapply(1:2, function(w) {
  made <- sapply(1:4, function(j) {
    behind <- c(1, .9, 1.1, .8)[j] * trust[, w] + stable[, j] + .9 * rnorm(n) + if (j == 3 && w == 2) .5 else 0
    findInterval(behind, cuts[[j]])
  })
  colnames(made) <- paste0("t", 1:4)
  data.frame(child = 1:n, wave = w, made)
}))
items <- paste0("t", 1:4)
for (item in items) long[sample(nrow(long), 40), item] <- NA
long <- long[!(long$wave == 2 & long$child %% 12 == 0), ]
long <- long[rowSums(!is.na(long[, items])) > 0, ]
write.csv(long, "tests/reference/invariance_ordinal_waves.csv", row.names = FALSE, na = "")
wide <- reshape(long, idvar = "child", timevar = "wave", direction = "wide", sep = "_")
wave_model <- function(step) {
  at <- match(step, names(equal)); lines <- c()
  tag <- function(kind, item, w, from) if (at >= from) paste0(kind, item) else paste0(kind, item, "w", w)
  for (w in 1:2) for (x in items) {
    free <- w == 2 && at >= 2
    lines <- c(lines, sprintf("trust_%d =~ NA*%s_%d + %s*%s_%d", w, x, w, tag("l", x, w, 3), x, w),
      sprintf("%s_%d | %s*t%d", x, w, sapply(1:3, function(k) tag(paste0("c", k), x, w, 2)), 1:3),
      sprintf("%s_%d ~ %s*1", x, w, if (free && at < 4) "NA" else "0"),
      sprintf("%s_%d ~~ %s*%s_%d", x, w, if (free && at < 5) "NA" else "1", x, w))
  }
  for (w in 1:2) lines <- c(lines, sprintf("trust_%d ~~ %s*trust_%d", w, if (w == 1 || at < 3) "1" else "NA", w),
    sprintf("trust_%d ~ %s*1", w, if (w == 1 || at < 4) "0" else "NA"))
  c(lines, sprintf("%s_1 ~~ %s_2", items, items), "trust_1 ~~ trust_2")
}
waves <- lapply(setNames(names(equal), names(equal)), function(step)
  lavaan(paste(wave_model(step), collapse = "\n"), wide, ordered = paste0(rep(items, 2), "_", rep(1:2, each = 4)),
         parameterization = "theta", missing = "pairwise", estimator = "WLSMV"))

write_json(list(
  R = R.version.string, lavaan = as.character(packageVersion("lavaan")),
  semTools = as.character(packageVersion("semTools")), two = ladder(two), freed = ladder(freed),
  three = ladder(three), of_two = ladder(of_two), waves = ladder(waves)
), "tests/reference/invariance_ordinal.json", digits = NA, auto_unbox = TRUE, na = "null")
