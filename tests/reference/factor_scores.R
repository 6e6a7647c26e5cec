# Reference values for factor scores with missing answers: a one-factor model in lavaan, scores by regression.
# Run: Rscript tests/reference/factor_scores.R   (writes tests/reference/factor_scores.json)
suppressMessages({library(lavaan); library(psych); library(jsonlite)})
options(digits = 17)
data(bfi)
turned <- list(A = 1, E = c(1, 2), N = c())
set.seed(20431)
rows <- bfi[1:300, ]
for (j in 1:25) rows[sample(300, 60), j] <- NA
scores_of <- function(scale, data) {
  names <- paste0(scale, 1:5)
  answers <- data[, names]
  keyed <- answers
  for (j in turned[[scale]]) keyed[, j] <- 7 - keyed[, j]
  some <- rowSums(!is.na(keyed)) > 0
  fit <- cfa(paste("f =~", paste(names, collapse = " + ")), keyed[some, ], std.lv = TRUE, missing = "fiml")
  p <- parameterEstimates(fit)
  loading <- p$est[p$op == "=~"]
  uniqueness <- p$est[p$op == "~~" & p$lhs %in% names]
  intercept <- p$est[p$op == "~1" & p$lhs %in% names]
  score <- as.vector(lavPredict(fit, method = "regression"))
  error <- as.vector(attr(lavPredict(fit, method = "regression", se = "standard"), "se")[[1]])
  n <- fitMeasures(fit)
  list(items = names, reversed = I(names[turned[[scale]]]), answers = unname(as.matrix(answers[some, ])),
       score = score, std_error = error, loading = loading, uniqueness = uniqueness, intercept = intercept,
       cfi = n[["cfi"]], rmsea = n[["rmsea"]])
}
write_json(list(
  R = R.version.string, lavaan = as.character(packageVersion("lavaan")),
  gaps = setNames(lapply(names(turned), scores_of, data = rows), names(turned)),
  whole = setNames(lapply(names(turned), scores_of, data = na.omit(bfi[1:300, 1:25])), names(turned))
), "tests/reference/factor_scores.json", digits = NA, auto_unbox = TRUE, na = "null")
