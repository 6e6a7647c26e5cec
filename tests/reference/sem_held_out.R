# Models of many kinds on data that are skewed, have gaps, or come in categories, fitted by lavaan 0.6-14, for
# tests/models/sem/test_sem_held_out.py.
#
#   Rscript tests/reference/sem_held_out.R
#
# No predictor beside the answers: of the polyserial correlations of a skewed one lavaan's search stops short of the
# maximum; ordinal.R has one that is normal. Simulates the data (no child's). Writes sem_held_out.csv and sem_held_out.json beside this script.
suppressMessages({library(lavaan); library(jsonlite)})
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))

set.seed(20261122)
n <- 300
f <- matrix(rexp(n * 2), n)
outcome <- 0.5 * f[, 1] - 0.4 * f[, 2] + rexp(n)
sex <- rbinom(n, 1, 0.4)
age <- rexp(n)
made <- data.frame(
  sapply(c(1, 0.8, -0.7), function(a) a * f[, 1] + rchisq(n, 2) / 2),
  sapply(c(1, 1.2, 0.6), function(a) a * f[, 2] + rexp(n)),
  sapply(c(1, 0.9, 0.9), function(a) a * outcome + rexp(n)))
names(made) <- paste0("y", 1:9)
made$y1 <- made$y1 + 0.4 * sex
made$y5 <- 5 + 4 * made$y5
made$y9 <- made$y9 / 5
for (name in names(made)) made[[name]][runif(n) < 0.1] <- NA
trust <- rnorm(n) + 0.5 * sex
belonging <- 0.6 * trust + rnorm(n)
answered <- function(v, k) as.integer(cut(v, c(-Inf, quantile(v, seq(0.2, 0.9, length.out = k - 1)), Inf)))
items <- data.frame(sapply(1:4, function(i) answered(trust + rnorm(n), 4)),
                    sapply(1:4, function(i) answered(belonging + rnorm(n), 3)))
names(items) <- paste0("u", 1:8)
data <- round(cbind(made, items, left = as.integer(belonging + rnorm(n) > 0.4), sex = sex, age = age,
                    place = sample(1:3, n, TRUE)), 3)
data$place <- c("north", "south", "east")[data$place]
write.csv(data, file.path(here, "sem_held_out.csv"), row.names = FALSE)

three <- "visual =~ y1 + y2 + y3\nsecond =~ y4 + y5 + y6\nthird =~ y7 + y8 + y9"
mediation <- paste(three, "second ~ a*visual", "third ~ b*second + c*visual", "ab := a*b", "total := ab + c",
                   "share := ab / total", sep = "\n")
two <- "trust =~ u1 + u2 + u3 + u4\nbelonging =~ u5 + u6 + u7 + u8"
u <- paste0("u", 1:8)
cases <- list(
  mediation = list(mediation, missing = "fiml", estimator = "ML"),
  mediation_mlr = list(mediation, missing = "fiml", estimator = "MLR"),
  mediation_listwise = list(mediation, missing = "listwise", estimator = "MLR"),
  items_and_causes = list("f =~ y1 + y2 + y3 + y7\nf ~ sex + age\ny2 ~ sex", missing = "fiml", estimator = "MLR"),
  badly_fitting = list("f =~ y1 + y4 + y7 + y2 + y5 + y8", missing = "fiml", estimator = "MLR"),
  badly_fitting_complete = list("f =~ y1 + y4 + y7 + y2 + y5 + y8", missing = "listwise", estimator = "MLR"),
  negative_marker = list("f =~ y3 + y1 + y2\nh =~ y6 + y4 + y5\nf ~~ 0*h", missing = "fiml", estimator = "ML"),
  constrained = list(
    "f =~ NA*y1 + a*y2 + b*y3 + y7\nf ~~ 1*f\na == b\ny1 ~~ e*y1\ny2 ~~ e*y2\ny3 ~~ 0.9*y3\nr := a^2 / (a^2 + e)",
    missing = "listwise", estimator = "ML"),
  single_items = list("f =~ y1 + y2 + y3\nw =~ 1*sex\nsex ~~ 0.05*sex\nf ~ w\ny7 ~ f + w", missing = "fiml",
                      estimator = "ML"),
  both_ways = list("y1 ~ y4 + sex\ny4 ~ y1 + age\ny7 ~ y1 + y4", missing = "listwise", estimator = "ML"),
  paths_badly = list("y4 ~ sex\ny1 ~ y4 + age\ny2 ~ y4\ny1 ~~ 0*y2", missing = "fiml", estimator = "MLR"),
  three_groups = list("f =~ y1 + y2 + y7 + y8", missing = "fiml", estimator = "MLR", group = "place",
                      group.equal = c("loadings", "intercepts"), group.partial = c("f =~ y2", "y8 ~ 1")),
  three_groups_labels = list(
    "f =~ y1 + c(k, k, l)*y2 + y3\nf ~ c(r1, r2, r3)*sex\ndifference := r1 - r3\nproduct := k * r2",
    missing = "fiml", estimator = "ML", group = "place"),
  answers = list(two, estimator = "WLSMV", ordered = u),
  answers_left = list(paste(two, "belonging ~ a*trust", "left ~ b*belonging", "ab := a*b", sep = "\n"),
                      estimator = "WLSMV", ordered = c(u, "left")),
  answers_badly = list("one =~ u1 + u2 + u5 + u6 + u7", estimator = "WLSMV", ordered = u),
  answers_groups = list(two, estimator = "WLSMV", ordered = u, group = "place",
                        group.equal = c("loadings", "thresholds")),
  answers_mixed = list("f =~ u1 + u2 + y1 + y2\nh =~ u5 + u6 + y7\nh ~ f", estimator = "WLSMV", ordered = u)
)
measures <- c("npar", "ntotal", "df", "chisq", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper",
              "srmr", "logl", "aic", "bic", "chisq.scaled", "pvalue.scaled", "chisq.scaling.factor", "cfi.scaled",
              "tli.scaled", "rmsea.scaled", "cfi.robust", "tli.robust", "rmsea.robust", "rmsea.ci.lower.robust",
              "rmsea.ci.upper.robust")
quiet <- function(x) suppressWarnings(suppressMessages(x))
plain <- function(m) {m <- unclass(m); attributes(m) <- attributes(m)["dim"]; m}
of_groups <- function(x, fit) if (lavInspect(fit, "ngroups") > 1) unname(x) else list(x)
found <- list()
for (name in names(cases)) {
  of <- cases[[name]]
  of$ordered <- if (is.null(of$ordered)) NULL else of$ordered[sapply(of$ordered, grepl, of[[1]])]
  fit <- quiet(do.call("sem", c(of[1], list(data), of[-1]), quote = TRUE))
  table <- as.data.frame(parTable(fit))
  table <- table[table$op != "==", ]
  keys <- function(t) paste(t$lhs, t$op, t$rhs, pmax(if (is.null(t$group)) 1 else t$group, 1))
  std <- standardizedSolution(fit)
  std$group <- if (is.null(std$group)) 1 else std$group
  rows <- table[c("lhs", "op", "rhs", "group", "est", "se")]
  rows$std <- std$est.std[match(keys(rows), keys(std))]
  rows$std_se <- std$se[match(keys(rows), keys(std))]
  all <- quiet(fitMeasures(fit))
  residual <- of_groups(quiet(residuals(fit, type = "cor")), fit)
  mi <- tryCatch(quiet(modindices(fit)), error = function(e) NULL)
  one <- list(model = of[[1]], options = of[-1], rows = rows, fit = as.list(all[intersect(measures, names(all))]),
              groups = I(as.character(lavInspect(fit, "group.label"))), observed = I(lavNames(fit, "ov")),
              latent = I(lavNames(fit, "lv")),
              correlation_residuals = lapply(residual, function(r) plain(r$cov)),
              mean_residuals = lapply(residual, function(r) as.vector(r$mean)),
              modification = if (is.null(mi)) list() else
                mi[intersect(names(mi), c("lhs", "op", "rhs", "group", "mi", "epc", "sepc.all"))])
  # Of several groups with categories lavaan's scores are not those of its own fit to the one group: not taken.
  if (length(lavNames(fit, "lv")) && !(of$estimator == "WLSMV" && !is.null(of$group))) {
    scores <- quiet(lavPredict(fit))
    one$scores <- lapply(if (is.list(scores)) unname(scores) else list(scores), function(m) plain(m[1:8, , drop = FALSE]))
    one$rows_scored <- lapply(of_groups(lavInspect(fit, "case.idx"), fit), function(at) at[1:8])
  }
  found[[name]] <- one
  message(name, " ", lavInspect(fit, "converged"))
}
write_json(found, file.path(here, "sem_held_out.json"), digits = 9, auto_unbox = TRUE, na = "null")
