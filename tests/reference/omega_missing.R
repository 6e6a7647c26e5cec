# Reference values for omega with missing answers: a one-factor model in lavaan, with full information.
# Run: Rscript tests/reference/omega_missing.R   (writes tests/reference/omega_missing.json)
suppressMessages({library(lavaan); library(psych); library(jsonlite)})
options(digits = 17)
data(bfi)
turned <- list(A = 1, C = c(4, 5), E = c(1, 2), N = c(), O = c(2, 5))
omega_of <- function(scale, data, missing = "fiml") {
  names <- paste0(scale, 1:5); items <- data[, names]
  for (j in turned[[scale]]) items[, j] <- 7 - items[, j]
  loadings <- paste0("l", 1:5); errors <- paste0("e", 1:5)
  model <- paste(c(paste("f =~", paste0(loadings, "*", names, collapse = " + ")),
                   paste0(names, " ~~ ", errors, "*", names),
                   paste0("omega := (", paste(loadings, collapse = "+"), ")^2 / ((", paste(loadings, collapse = "+"),
                          ")^2 + ", paste(errors, collapse = "+"), ")")), collapse = "\n")
  fit <- cfa(model, items, std.lv = TRUE, missing = missing)
  p <- parameterEstimates(fit)
  list(items = names, reversed = I(names[turned[[scale]]]), omega = p$est[p$lhs == "omega"],
       std_error = p$se[p$lhs == "omega"], loadings = p$est[p$op == "=~"],
       uniquenesses = p$est[p$op == "~~" & p$lhs %in% names], n = nobs(fit))
}
set.seed(20420)
holes <- bfi[1:300, ]
for (j in 1:25) holes[sample(300, 60), j] <- NA
scales <- names(turned)
write_json(list(
  R = R.version.string, lavaan = as.character(packageVersion("lavaan")),
  bfi = setNames(lapply(scales, omega_of, data = bfi), scales),
  holes = setNames(lapply(scales, omega_of, data = holes), scales),
  hole_rows = lapply(scales, function(s) unname(as.matrix(holes[, paste0(s, 1:5)])))
), "tests/reference/omega_missing.json", digits = NA, auto_unbox = TRUE, na = "null")
