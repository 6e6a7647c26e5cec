# What lavaan 0.6 finds with the texts of result.syntax, for tests/models/panel/test_panel_reference.py.
#
#   python tests/reference/panel_cases.py FOLDER && Rscript tests/reference/panel.R FOLDER
#
# FOLDER holds the simulated panels and panel_texts.json. Writes panel.json beside this script.
suppressMessages({library(lavaan); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))
texts <- fromJSON(file.path(folder, "panel_texts.json"), simplifyVector = FALSE)
measures <- c("npar", "chisq", "df", "pvalue", "cfi", "tli", "logl", "aic", "bic", "rmsea", "rmsea.ci.lower",
              "rmsea.ci.upper", "srmr", "ntotal", "chisq.scaled", "pvalue.scaled", "chisq.scaling.factor",
              "cfi.robust", "tli.robust", "rmsea.robust")
fits <- list()
found <- list()
for (name in names(texts)) {
  of <- texts[[name]]
  began <- proc.time()[["elapsed"]]
  options <- list(model = of$text, data = read.csv(file.path(folder, paste0(of$data, ".csv"))),
                  missing = if (identical(of$spec$missing, "listwise")) "listwise" else "ml",
                  estimator = if (is.null(of$spec$estimator)) "ML" else toupper(of$spec$estimator),
                  meanstructure = TRUE, fixed.x = TRUE)
  if (!is.null(of$spec$group)) options$group <- of$spec$group
  fit <- suppressWarnings(do.call(lavaan, options))
  all <- suppressWarnings(fitMeasures(fit))
  table <- as.data.frame(parTable(fit))
  std <- standardizedSolution(fit)
  table <- table[table$op %in% c("=~", "~", "~~", "~1"), ]
  place <- match(paste(table$lhs, table$op, table$rhs, table$group),
                 paste(std$lhs, std$op, std$rhs, if (is.null(std$group)) 1 else std$group))
  table$std <- std$est.std[place]
  table$std_se <- std$se[place]
  keep <- table$free > 0
  found[[name]] <- list(converged = lavInspect(fit, "converged"), groups = lavInspect(fit, "group.label"),
                        rows = table[keep, c("lhs", "op", "rhs", "group", "est", "se", "std", "std_se")],
                        fit = as.list(all[intersect(measures, names(all))]))
  fits[[name]] <- fit
  message(sprintf("%s %.0f s", name, proc.time()[["elapsed"]] - began))
}
difference <- function(equal, free) {
  test <- suppressWarnings(lavTestLRT(fits[[free]], fits[[equal]]))
  list(chi2 = test[["Chisq diff"]][2], df = test[["Df diff"]][2], p = test[["Pr(>Chisq)"]][2])
}
found$equality <- list(mlr_equal = difference("mlr_equal", "mlr_free"))
for (name in grep("_equal$", names(texts), value = TRUE)) {
  free <- sub("_equal$", "_free", name)
  if (free %in% names(texts)) found$equality[[name]] <- difference(name, free)
}
write_json(found, file.path(here, "panel.json"), digits = 10, auto_unbox = TRUE, na = "null")
