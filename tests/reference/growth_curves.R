# What lavaan 0.6 finds with the texts of result.syntax, for tests/models/panel/test_growth_curves_reference.py.
#
#   python tests/reference/growth_curves_cases.py FOLDER && Rscript tests/reference/growth_curves.R FOLDER
#
# FOLDER holds the tables and growth_texts.json. Writes growth_curves.json beside this script. "by_growth" are
# models in the words of lavaan's own growth(), so that the texts themselves are held against something.
suppressMessages({library(lavaan); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))
texts <- fromJSON(file.path(folder, "growth_texts.json"), simplifyVector = FALSE)
measures <- c("npar", "chisq", "df", "pvalue", "cfi", "tli", "logl", "aic", "bic", "rmsea", "rmsea.ci.lower",
              "rmsea.ci.upper", "srmr", "ntotal", "chisq.scaled", "pvalue.scaled", "chisq.scaling.factor",
              "cfi.robust", "tli.robust", "rmsea.robust")
described <- function(fit) {
  if (!lavInspect(fit, "converged")) return(list(converged = FALSE))
  all <- suppressWarnings(fitMeasures(fit))
  table <- as.data.frame(parTable(fit))
  std <- standardizedSolution(fit)
  table <- table[table$op %in% c("=~", "~", "~~", "~1"), ]
  place <- match(paste(table$lhs, table$op, table$rhs, table$group),
                 paste(std$lhs, std$op, std$rhs, if (is.null(std$group)) 1 else std$group))
  table$std <- std$est.std[place]
  table$std_se <- std$se[place]
  list(converged = lavInspect(fit, "converged"), groups = lavInspect(fit, "group.label"),
       rows = table[table$free > 0, c("lhs", "op", "rhs", "group", "est", "se", "std", "std_se")],
       fit = as.list(all[intersect(measures, names(all))]))
}
fits <- list()
found <- list()
for (name in names(texts)) {
  of <- texts[[name]]
  options <- list(model = of$text, data = read.csv(file.path(folder, paste0(of$data, ".csv"))),
                  missing = if (identical(of$spec$missing, "listwise")) "listwise" else "ml",
                  estimator = if (is.null(of$spec$estimator)) "ML" else toupper(of$spec$estimator),
                  meanstructure = TRUE, fixed.x = TRUE)
  if (!is.null(of$spec$group)) options$group <- of$spec$group
  fits[[name]] <- suppressWarnings(do.call(lavaan, options))
  found[[name]] <- described(fits[[name]])
  message(name, if (found[[name]]$converged) "" else ": lavaan did not converge")
}
difference <- function(equal, free) {
  test <- suppressWarnings(lavTestLRT(fits[[free]], fits[[equal]]))
  list(chi2 = test[["Chisq diff"]][2], df = test[["Df diff"]][2], p = test[["Pr(>Chisq)"]][2])
}
found$equality <- list()
for (name in grep("_equal$", names(texts), value = TRUE)) {
  found$equality[[name]] <- difference(name, sub("_equal$", "", name))
}
curve <- " i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\n s =~ 0*t1 + 1*t2 + 2*t3 + 3*t4\n"
two <- read.csv(file.path(folder, "two_500.csv"))
parallel <- "
 ia =~ 1*availability_1 + 1*availability_2 + 1*availability_3 + 1*availability_4
 sa =~ 0*availability_1 + 1*availability_2 + 2*availability_3 + 3*availability_4
 ib =~ 1*sensitivity_1 + 1*sensitivity_2 + 1*sensitivity_3 + 1*sensitivity_4
 sb =~ 0*sensitivity_1 + 1*sensitivity_2 + 2*sensitivity_3 + 3*sensitivity_4
 availability_1 ~~ sensitivity_1
 availability_2 ~~ sensitivity_2
 availability_3 ~~ sensitivity_3
 availability_4 ~~ sensitivity_4
"
found$by_growth <- list(
  demo = described(growth(curve, data = Demo.growth)),
  demo_covariates = described(growth(paste0(curve, " i ~ x1 + x2\n s ~ x1 + x2\n"), data = Demo.growth)),
  two_500 = described(growth(parallel, data = two, missing = "ml")),
  two_500_listwise = described(growth(parallel, data = two))
)
write_json(found, file.path(here, "growth_curves.json"), digits = 10, auto_unbox = TRUE, na = "null")
