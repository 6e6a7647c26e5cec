# Models in lavaan's syntax, fitted by lavaan 0.6-14, for tests/models/sem/test_sem_reference.py.
#
#   Rscript tests/reference/sem.R
#
# Reads sem_holzinger_swineford*.csv and sem_growth.csv beside this script, and sem_texts.json: what result.syntax
# wrote for each case (tests/reference/sem_texts.py makes it). Writes sem.json and sem_democracy.csv.
suppressMessages({library(lavaan); library(jsonlite)})
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))
csv <- function(name) read.csv(file.path(here, paste0("sem_", name, ".csv")))

hs <- csv("holzinger_swineford")
hs_missing <- csv("holzinger_swineford_missing")
set.seed(20261123)
hs_missing$sex[runif(nrow(hs)) < 0.08] <- NA
write.csv(hs_missing, file.path(here, "sem_gaps.csv"), row.names = FALSE)
democracy <- PoliticalDemocracy
write.csv(democracy, file.path(here, "sem_democracy.csv"), row.names = FALSE)
data <- list(hs = hs, gaps = hs_missing, growth = csv("growth"), democracy = democracy)

three <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
industrial <- "
  ind60 =~ x1 + x2 + x3
  dem60 =~ y1 + a*y2 + b*y3 + c*y4
  dem65 =~ y5 + a*y6 + b*y7 + c*y8
  dem60 ~ d60*ind60
  dem65 ~ i65*ind60 + d65*dem60
  y1 ~~ y5
  y2 ~~ y4 + y6
  y3 ~~ y7
  y4 ~~ y8
  y6 ~~ y8
  indirect := d60*d65
  total := indirect + i65"
curve <- "
  i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4
  s =~ 0*t1 + 1*t2 + 2*t3 + 3*t4
  i ~ x1 + x2
  s ~ x1 + x2
  t1 ~ c1
  t2 ~ c2
  t3 ~ c3
  t4 ~ c4"
paths <- "
  visual =~ x1 + x2 + x3
  textual =~ x4 + x5 + x6
  visual ~ sex + v*ageyr
  textual ~ t*ageyr + b*visual
  x9 ~ textual + sex
  x8 ~ 1
  x7 ~~ x8
  v == t
  x1 ~~ 0*x2
  ratio := (v + b)^2 / exp(t)"
paths_plain <- "
  visual =~ x1 + x2 + x3
  textual =~ x4 + x5 + x6
  visual ~ sex + ageyr
  textual ~ ageyr + visual
  x9 ~ textual + sex"
in_groups <- "
  visual =~ x1 + c(a, a)*x2 + c(b1, b2)*x3
  textual =~ NA*x4 + x5 + c(1, 1)*x6
  textual ~~ c(0.9, NA)*textual
  visual ~ c(p, q)*textual
  textual ~ c(0, NA)*1
  x4 ~ c(m, m)*1
  difference := p - q"

cases <- list(
  hs_fiml = list("hs", three),
  hs_listwise = list("hs", three, missing = "listwise"),
  hs_std_lv = list("hs", three, std.lv = TRUE, missing = "listwise"),
  hs_orthogonal_mlr = list("gaps", three, orthogonal = TRUE, estimator = "MLR"),
  gaps_fiml = list("gaps", three),
  gaps_listwise_mlr = list("gaps", three, missing = "listwise", estimator = "MLR"),
  gaps_mlr = list("gaps", three, estimator = "MLR"),
  configural = list("hs", three, group = "school"),
  metric = list("hs", three, group = "school", group.equal = "loadings"),
  metric_std_lv = list("hs", three, group = "school", group.equal = "loadings", std.lv = TRUE),
  scalar = list("hs", three, group = "school", group.equal = c("loadings", "intercepts")),
  scalar_gaps_mlr = list("gaps", three, group = "school", group.equal = c("loadings", "intercepts"),
                         estimator = "MLR"),
  scalar_listwise = list("gaps", three, group = "school", group.equal = c("loadings", "intercepts"),
                         missing = "listwise"),
  partial = list("hs", three, group = "school", group.equal = c("loadings", "intercepts"),
                 group.partial = c("x3 ~ 1", "speed=~x8")),
  strict = list("hs", three, group = "school", group.equal = c("loadings", "intercepts", "residuals")),
  everything_equal = list("hs", paste(three, "x1 ~~ x9", "speed ~ visual", sep = "\n"), group = "school",
                          group.equal = c("loadings", "intercepts", "means", "residuals", "residual.covariances",
                                          "lv.variances", "lv.covariances", "regressions")),
  growth = list("growth", curve, verb = "growth"),
  growth_unconditional = list("growth", sub("  i ~.*", "", curve), verb = "growth"),
  democracy = list("democracy", industrial, missing = "listwise"),
  democracy_mlr = list("democracy", industrial, estimator = "MLR"),
  paths_given = list("gaps", paths),
  paths_free = list("gaps", paths_plain),
  paths_part = list("gaps", paths, fixed.x = FALSE),
  paths_given_mlr = list("gaps", paths, estimator = "MLR"),
  paths_listwise = list("hs", paths, missing = "listwise"),
  in_groups = list("gaps", in_groups, group = "school")
)
measures <- c("npar", "chisq", "df", "pvalue", "cfi", "tli", "logl", "aic", "bic", "rmsea", "rmsea.ci.lower",
              "rmsea.ci.upper", "srmr", "ntotal", "chisq.scaled", "pvalue.scaled", "chisq.scaling.factor",
              "cfi.robust", "tli.robust", "rmsea.robust")

fit_case <- function(of, model = of[[2]]) {
  options <- of[-(1:2)]
  verb <- if (is.null(options$verb)) "sem" else options$verb
  options$verb <- NULL
  if (is.null(options$missing)) options$missing <- "fiml"
  suppressWarnings(do.call(verb, c(list(model, data[[of[[1]]]]), options), quote = TRUE))
}
rows <- function(fit) {
  table <- as.data.frame(parTable(fit))
  std <- standardizedSolution(fit, type = "std.all")
  lv <- standardizedSolution(fit, type = "std.lv")
  keep <- table$op %in% c("=~", "~", "~~", "~1", ":=")
  out <- table[keep, c("lhs", "op", "rhs", "group", "user", "free", "exo", "label", "est", "se")]
  place <- function(of) match(paste(out$lhs, out$op, out$rhs, pmax(out$group, 1)),
                              paste(of$lhs, of$op, of$rhs, pmax(if (is.null(of$group)) 1 else of$group, 1)))
  out$std <- std$est.std[place(std)]
  out$std_se <- std$se[place(std)]
  out$std_lv <- lv$est.std[place(lv)]
  out$std_lv_se <- lv$se[place(lv)]
  out
}
texts <- if (file.exists(file.path(here, "sem_texts.json"))) fromJSON(file.path(here, "sem_texts.json")) else list()
found <- list()
for (name in names(cases)) {
  message(name)
  of <- cases[[name]]
  fit <- fit_case(of)
  all <- fitMeasures(fit)
  one <- list(data = of[[1]], model = of[[2]], options = of[-(1:2)], rows = rows(fit),
              fit = as.list(all[intersect(measures, names(all))]),
              r2 = lavInspect(fit, "rsquare"))
  if (!is.null(texts[[name]])) {
    options <- of[-(1:2)]
    options <- options[intersect(names(options), c("missing", "estimator", "group", "fixed.x"))]
    if (is.null(options$missing)) options$missing <- "fiml"
    again <- suppressWarnings(do.call(lavaan, c(list(texts[[name]], data[[of[[1]]]], meanstructure =
      lavInspect(fit, "options")$meanstructure), options), quote = TRUE))
    one$text_again <- list(text = texts[[name]], chisq = unname(fitMeasures(again, "chisq")),
                           df = unname(fitMeasures(again, "df")), npar = unname(fitMeasures(again, "npar")),
                           logl = unname(fitMeasures(again, "logl")))
  }
  # Not of paths_given: where columns stand in covariances alone, lavaan's indices are in the hundred thousands (it
  # puts the columns in another order than those of the fit); ours are held against the fall of chi-square itself.
  if (name %in% c("hs_fiml", "gaps_fiml", "paths_free", "metric", "hs_listwise")) {
    mi <- modindices(fit)
    one$modification <- mi[intersect(names(mi), c("lhs", "op", "rhs", "group", "mi", "epc", "sepc.all"))]
    one$residual_cor <- if (lavInspect(fit, "ngroups") == 1) unclass(residuals(fit, type = "cor")$cov) else NULL
  }
  if (name %in% c("hs_fiml", "gaps_fiml", "scalar_listwise", "growth")) {
    scores <- suppressWarnings(lavPredict(fit, se = if (anyNA(data[[of[[1]]]])) "none" else "standard"))
    first <- if (is.list(scores)) scores[[1]] else scores
    one$scores <- unclass(first)[1:12, , drop = FALSE]
    attributes(one$scores) <- attributes(one$scores)["dim"]
    se <- attr(scores, "se")
    one$scores_se <- if (is.null(se)) NULL else if (is.list(se)) as.vector(se[[1]][1, ]) else as.vector(se[1, ])
  }
  found[[name]] <- one
}
difference <- function(one, other) {
  fits <- list(fit_case(cases[[one]]), fit_case(cases[[other]]))
  test <- suppressWarnings(lavTestLRT(fits[[1]], fits[[2]], model.names = c("general", "restricted")))
  list(chi2 = test[["Chisq diff"]][2], df = test[["Df diff"]][2], p = test[["Pr(>Chisq)"]][2])
}
cases$configural_mlr <- list("gaps", three, group = "school", estimator = "MLR")
cases$metric_mlr <- c(cases$configural_mlr, list(group.equal = "loadings"))
found$differences <- list(metric = difference("configural", "metric"), scalar = difference("metric", "scalar"),
                          metric_mlr = difference("configural_mlr", "metric_mlr"),
                          scalar_mlr = difference("metric_mlr", "scalar_gaps_mlr"))
write_json(found, file.path(here, "sem.json"), digits = 10, auto_unbox = TRUE, na = "null")
