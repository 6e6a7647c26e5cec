# What lavaan 0.6 finds with the texts of result.syntax, for tests/models/panel/test_panel_shapes.py.
#
#   python tests/reference/panel_shapes.py FOLDER && Rscript tests/reference/panel_shapes.R FOLDER
#
# FOLDER holds the simulated panels and panel_shapes.json. Writes panel_shapes.json beside this script.
suppressMessages({library(lavaan); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))
texts <- fromJSON(file.path(folder, "panel_shapes.json"), simplifyVector = FALSE)
measures <- c("npar", "chisq", "df", "cfi", "tli", "logl", "aic", "bic", "rmsea", "rmsea.ci.lower",
              "rmsea.ci.upper", "srmr", "chisq.scaled", "chisq.scaling.factor", "cfi.robust", "rmsea.robust")
fits <- list()
found <- list()
for (name in names(texts)) {
  of <- texts[[name]]
  options <- list(model = of$text, data = read.csv(file.path(folder, paste0(name, ".csv"))), missing = "ml",
                  estimator = if (is.null(of$estimator)) "ML" else toupper(of$estimator),
                  meanstructure = TRUE, fixed.x = TRUE)
  if (!is.null(of$group)) options <- c(options, list(group = of$group, group.label = unlist(of$groups)))
  fit <- suppressWarnings(do.call("lavaan", options))
  all <- suppressWarnings(fitMeasures(fit))
  table <- as.data.frame(parTable(fit))
  table <- table[table$free > 0, c("lhs", "op", "rhs", "group", "est", "se")]
  found[[name]] <- list(converged = lavInspect(fit, "converged"), rows = table,
                        fit = as.list(all[intersect(measures, names(all))]))
  fits[[name]] <- fit
  message(name)
}
for (name in names(texts)) if (!is.null(texts[[name]]$equal)) {
  test <- suppressWarnings(lavTestLRT(fits[[texts[[name]]$equal]], fits[[name]]))
  found[[name]]$equal <- list(chi2 = test[["Chisq diff"]][2], df = test[["Df diff"]][2], p = test[["Pr(>Chisq)"]][2])
}
write_json(found, file.path(here, "panel_shapes.json"), digits = 9, auto_unbox = TRUE, na = "null")
