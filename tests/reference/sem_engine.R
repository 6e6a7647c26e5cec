# Structural equation models of classic and simulated data in lavaan 0.6-14, for tests/engines/test_structural_equations_reference.py.
#
#   python tests/reference/sem_panels.py FOLDER && Rscript tests/reference/sem_engine.R FOLDER
#
# FOLDER holds the simulated panels. Writes sem_engine.json and the data sets sem_*.csv beside this script.
suppressMessages({library(lavaan); library(jsonlite); library(psych)})
folder <- commandArgs(TRUE)[1]
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))

keep <- function(name, data) {
  write.csv(data, file.path(here, paste0("sem_", name, ".csv")), row.names = FALSE)
  data
}

hs <- HolzingerSwineford1939[c("school", "sex", "ageyr", paste0("x", 1:9))]
hs$school <- as.character(hs$school)
set.seed(20261122)
hs_missing <- hs
for (x in paste0("x", 1:9)) hs_missing[[x]][runif(nrow(hs)) < 0.15] <- NA
invisible(keep("holzinger_swineford", hs))
invisible(keep("holzinger_swineford_missing", hs_missing))
growth <- keep("growth", Demo.growth)
items <- psych::bfi[1:26]

measures <- c("npar", "fmin", "chisq", "df", "pvalue", "baseline.chisq", "baseline.df", "cfi", "tli", "logl",
              "unrestricted.logl", "aic", "bic", "bic2", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "rmsea.pvalue",
              "srmr", "ntotal")
robust <- c("cfi.robust", "tli.robust", "rmsea.robust", "rmsea.ci.lower.robust", "rmsea.ci.upper.robust")
scaled <- c("chisq.scaled", "pvalue.scaled", "chisq.scaling.factor", "baseline.chisq.scaled",
            "baseline.chisq.scaling.factor", "cfi.scaled", "tli.scaled", "rmsea.scaled", "rmsea.ci.lower.scaled",
            "rmsea.ci.upper.scaled", robust)

numbers <- function(fit, wanted) {
  found <- fitMeasures(fit)
  as.list(found[intersect(wanted, names(found))])
}
rows <- function(fit) {
  table <- as.data.frame(parTable(fit))
  table <- table[table$op %in% c("=~", "~", "~~", "~1"), ]
  table$key <- ifelse(table$free == 0, "", ifelse(table$label == "", table$plabel, table$label))
  table[c("lhs", "op", "rhs", "group", "key", "est", "se")]
}
# One model: estimates, errors by every kind of information, and all measures of fit.
case <- function(model, data, missing = "listwise", mlr = TRUE, expected = TRUE, observed = FALSE, ...) {
  fit <- function(...) suppressWarnings(lavaan::sem(
    model, data, missing = missing, meanstructure = TRUE, fixed.x = FALSE, ...))
  began <- proc.time()[["elapsed"]]
  ml <- fit(...)
  out <- list(observed_names = lavNames(ml, "ov"), latent_names = lavNames(ml, "lv"),
              converged = lavInspect(ml, "converged"), rows = rows(ml), fit = numbers(ml, c(measures, robust)))
  if (expected) out$se_expected <- rows(fit(information = "expected", ...))$se
  if (observed) out$se_observed <- rows(fit(information = "observed", ...))$se
  if (mlr) {
    sandwich <- fit(estimator = "MLR", ...)
    out$mlr <- list(se = rows(sandwich)$se, fit = numbers(sandwich, scaled))
  }
  message(sprintf("%.0f s", proc.time()[["elapsed"]] - began))
  out
}

three <- "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9"
curve <- "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\n s =~ 0*t1 + 1*t2 + 2*t3 + 3*t4\n i + s ~ x1 + x2
          t1 + t2 + t3 + t4 ~ 0*1\n i + s ~ 1\n t1 ~ c1\n t2 ~ c2\n t3 ~ c3\n t4 ~ c4"
five <- paste(sapply(c(A = "A", C = "C", E = "E", N = "N", O = "O"),
                     function(f) paste0(f, "f =~ ", paste0(f, 1:5, collapse = " + "))), collapse = "\n")
two_level <- "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9
              general =~ visual + textual + speed"
mediation <- "x7 ~ a*x1 + x4\n x9 ~ b*x7 + x1\n x1 ~~ x4"

panel_model <- function(k, ri = TRUE, equal = TRUE) {
  names <- c("availability", "sensitivity", "acceptance", "cooperation", "membership")[1:k]
  lines <- c()
  at <- function(name, t) paste0("w_", name, "_", t)
  if (ri) for (x in names) lines <- c(lines, paste0("ri_", x, " =~ ", paste0("1*", x, "_", 1:4, collapse = " + ")))
  for (t in 1:4) for (x in names) lines <- c(lines, paste0(at(x, t), " =~ 1*", x, "_", t),
                                             paste0(x, "_", t, " ~~ 0*", x, "_", t), paste0(x, "_", t, " ~ 1"))
  for (t in 2:4) for (a in seq_along(names)) for (b in seq_along(names))
    lines <- c(lines, paste0(at(names[a], t), " ~ ", if (equal) paste0("l", a, b, "*"), at(names[b], t - 1)))
  pairs <- function(of) for (a in seq_along(of)) for (b in 1:a) lines <<- c(lines, paste(of[a], "~~", of[b]))
  for (t in 1:4) pairs(at(names, t))
  if (ri) pairs(paste0("ri_", names))
  paste(lines, collapse = "\n")
}
panel_case <- function(name, k, mlr = FALSE, ...) {
  data <- read.csv(file.path(folder, paste0(name, ".csv")))
  model <- panel_model(k, ...)
  fit <- function(...) suppressWarnings(lavaan(model, data, missing = "fiml", ...))
  began <- proc.time()[["elapsed"]]
  ml <- fit()
  out <- list(observed_names = lavNames(ml, "ov"), latent_names = lavNames(ml, "lv"),
              converged = lavInspect(ml, "converged"), rows = rows(ml), fit = numbers(ml, c(measures, robust)))
  if (mlr) {
    sandwich <- fit(estimator = "MLR")
    out$mlr <- list(se = rows(sandwich)$se, fit = numbers(sandwich, scaled))
  }
  message(sprintf("%s %.0f s", name, proc.time()[["elapsed"]] - began))
  out
}

equal <- c("loadings", "intercepts")
cases <- list(
  hs = case(three, hs, observed = TRUE),
  hs_without_means = list(fit = numbers(sem(three, hs), measures)),
  hs_missing = case(three, hs_missing, "fiml"),
  hs_second_order = case(two_level, hs_missing, "fiml"),
  hs_free_variance = case(three, hs, std.lv = TRUE),
  hs_paths = case(mediation, hs_missing, "fiml"),
  hs_schools = case(three, hs, group = "school", group.equal = equal, observed = TRUE),
  hs_schools_loadings = case(three, hs, group = "school", group.equal = "loadings"),
  hs_schools_missing = case(three, hs_missing, "fiml", group = "school", group.equal = equal),
  growth = case(curve, growth),
  bfi = case(five, items, "fiml", expected = FALSE),
  bfi_gender = case(five, items, "fiml", expected = FALSE, mlr = FALSE, group = "gender", group.equal = equal)
)

# Score tests, latent scores and scaled differences.
complete <- cfa(three, hs, meanstructure = TRUE)
missing <- cfa(three, hs_missing, missing = "fiml")
schools <- cfa(three, hs, group = "school", group.equal = equal)
chosen <- function(fit) {
  found <- modindices(fit)
  found[c("lhs", "op", "rhs", if ("group" %in% names(found)) "group", "mi", "epc")]
}
released <- lavTestScore(schools)$uni
lrt <- function(...) {
  found <- as.data.frame(lavTestLRT(...))[2, ]
  list(statistic = found[["Chisq diff"]], df = found[["Df diff"]], p_value = found[["Pr(>Chisq)"]])
}
groups <- function(data, equal, ...) cfa(three, data, group = "school", group.equal = equal, estimator = "MLR", ...)
further <- list(
  modification = list(hs = chosen(complete), hs_missing = chosen(missing), hs_schools = chosen(schools)),
  released = data.frame(key = released$lhs, statistic = released$X2),
  latent = list(hs = unclass(lavPredict(complete))[1:8, ], hs_missing = unclass(lavPredict(missing))[1:8, ],
                hs_se = c(attr(lavPredict(complete, se = "standard"), "se")[[1]])),
  difference = list(
    complete = lrt(groups(hs, equal), groups(hs, "loadings")),
    missing = lrt(groups(hs_missing, equal, missing = "fiml"), groups(hs_missing, "loadings", missing = "fiml"))
  )
)

panels <- list(
  panel_2_52_waves = panel_case("panel_2_52_waves", 2),
  panel_2_500_cells = panel_case("panel_2_500_cells", 2, mlr = TRUE),
  panel_2_500_cells_clpm = panel_case("panel_2_500_cells", 2, ri = FALSE),
  panel_2_500_cells_free = panel_case("panel_2_500_cells", 2, equal = FALSE),
  panel_2_500_waves = panel_case("panel_2_500_waves", 2),
  panel_2_10000_cells = panel_case("panel_2_10000_cells", 2),
  panel_5_500_cells = panel_case("panel_5_500_cells", 5),
  panel_5_500_cells_free = panel_case("panel_5_500_cells", 5, equal = FALSE),
  panel_5_500_waves = panel_case("panel_5_500_waves", 5, mlr = TRUE),
  panel_5_10000_waves = panel_case("panel_5_10000_waves", 5)
)
if (!"quick" %in% commandArgs(TRUE)) panels$panel_5_10000_cells <- panel_case("panel_5_10000_cells", 5)
writeLines(toJSON(list(lavaan = as.character(packageVersion("lavaan")), cases = c(cases, panels), further = further),
                  digits = I(12), auto_unbox = TRUE, na = "null"), file.path(here, "sem_engine.json"))
