# Reference values for the measurement of constructs by the items of a codebook: confirmatory factor analysis in lavaan.
# Run: Rscript tests/reference/measurement.R   (writes tests/reference/measurement.json)
suppressMessages({library(lavaan); library(psych); library(jsonlite)})
options(digits = 17)
data(bfi)
turned <- c("A1", "C4", "C5", "E1", "E2", "O2", "O5")
items <- bfi
for (item in turned) items[, item] <- 7 - items[, item]
model_of <- function(traits) paste(sapply(traits, function(t) paste(t, "=~", paste0(t, 1:5, collapse = " + "))),
                                   collapse = "\n")
facts <- c("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr", "logl", "aic", "bic", "chisq.scaled",
           "chisq.scaling.factor", "cfi.robust", "rmsea.robust")
taken <- function(fit) {
  p <- parameterEstimates(fit)
  p <- p[p$op %in% c("=~", "~~") & !is.na(p$z), ]
  group <- if (is.null(p$group)) "" else lavInspect(fit, "group.label")[p$group]
  m <- fitMeasures(fit)
  list(term = paste(p$lhs, p$op, p$rhs), group = group, est = p$est, se = p$se,
       facts = as.list(m[intersect(facts, names(m))]))
}
five <- cfa(model_of(c("A", "C", "E", "N", "O")), items, std.lv = TRUE, missing = "fiml", estimator = "MLR")
likert <- cfa(model_of(c("A", "C", "E")), items[1:700, ], std.lv = TRUE, missing = "pairwise", estimator = "WLSMV",
              ordered = TRUE)
both <- cfa(model_of(c("A", "N")), items, std.lv = TRUE, missing = "fiml", estimator = "ML", group = "gender",
            group.equal = c("loadings", "intercepts"))
write_json(list(R = R.version.string, lavaan = as.character(packageVersion("lavaan")), five = taken(five),
                likert = taken(likert), both = taken(both)),
           "tests/reference/measurement.json", digits = NA, auto_unbox = TRUE, na = "null")
