# Models of ordinal items in lavaan 0.6-14, for tests/engines/test_ordinal_reference.py.
#
#   Rscript tests/reference/ordinal.R
#
# Writes ordinal.json and the data sets ordinal_*.csv beside this script.
suppressMessages({library(lavaan); library(jsonlite); library(psych); library(pbivnorm); library(mvtnorm)})
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))

# ---- data: Holzinger and Swineford's tests cut into categories ----------------------------------------------------
hs <- HolzingerSwineford1939
cut_into <- function(x, shares) as.integer(cut(x, c(-Inf, quantile(x, shares), Inf)))
items <- data.frame(school = as.character(hs$school))
for (x in paste0("x", 1:3)) items[[x]] <- cut_into(hs[[x]], c(0.35, 0.75))
for (x in paste0("x", 4:6)) items[[x]] <- cut_into(hs[[x]], c(0.2, 0.5, 0.85))
for (x in paste0("x", 7:8)) items[[x]] <- cut_into(hs[[x]], 0.4)
items$x9 <- cut_into(hs$x9, c(0.3, 0.6, 0.9))
mixed <- items
for (x in paste0("x", 4:6)) mixed[[x]] <- hs[[x]]
mixed$age <- hs$ageyr + hs$agemo / 12
items$weight <- round(0.5 + (seq_len(nrow(hs)) * 7919 %% 301) %% 11 / 10, 2)
with_gaps <- function(data, columns, seed) {
  set.seed(seed)
  for (x in columns) data[[x]][runif(nrow(data)) < 0.12] <- NA
  data
}
mixed_gaps <- with_gaps(mixed, paste0("x", 1:9), 20261123)
items_gaps <- with_gaps(items, paste0("x", 1:9), 20261124)
write.csv(items, file.path(here, "ordinal_items.csv"), row.names = FALSE)
write.csv(items_gaps, file.path(here, "ordinal_items_missing.csv"), row.names = FALSE)
write.csv(mixed, file.path(here, "ordinal_mixed.csv"), row.names = FALSE)
write.csv(mixed_gaps, file.path(here, "ordinal_mixed_missing.csv"), row.names = FALSE)

# ---- models -------------------------------------------------------------------------------------------------------
measures <- c("npar", "chisq", "df", "chisq.scaled", "pvalue.scaled", "chisq.scaling.factor", "baseline.chisq",
              "baseline.df", "baseline.chisq.scaled", "baseline.chisq.scaling.factor", "cfi", "tli", "cfi.scaled",
              "tli.scaled", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "rmsea.scaled", "rmsea.ci.lower.scaled",
              "rmsea.ci.upper.scaled", "rmsea.pvalue.scaled", "cfi.robust", "tli.robust", "rmsea.robust",
              "rmsea.ci.lower.robust", "rmsea.ci.upper.robust", "srmr")
rows <- function(fit) {
  table <- as.data.frame(parTable(fit))
  table <- table[table$op %in% c("=~", "~", "~~", "~1", "|", "~*~"), ]
  table$key <- ifelse(table$free == 0, "", ifelse(table$label == "", table$plabel, table$label))
  table[c("lhs", "op", "rhs", "group", "key", "est", "se")]
}
case <- function(model, data, ordered = TRUE, parameterization = "delta", acov = FALSE, ...) {
  began <- proc.time()[["elapsed"]]
  fit <- suppressWarnings(sem(model, data, ordered = ordered, parameterization = parameterization, fixed.x = FALSE,
                              conditional.x = FALSE, estimator = "WLSMV", ...))
  found <- fitMeasures(fit)
  seconds <- proc.time()[["elapsed"]] - began
  test <- lavInspect(fit, "test")$scaled.shifted
  sample <- lavInspect(fit, "sampstat")
  if (lavInspect(fit, "ngroups") == 1) sample <- list(sample)
  gamma <- lavInspect(fit, "gamma")
  if (lavInspect(fit, "ngroups") == 1) gamma <- list(gamma)
  message(sprintf("%.1f s", seconds))
  list(observed_names = lavNames(fit, "ov"), latent_names = I(lavNames(fit, "lv")), converged = lavInspect(fit, "converged"),
       parameterization = parameterization, rows = rows(fit), fit = c(as.list(found[intersect(measures, names(found))]), ntotal = lavInspect(fit, "ntotal")),
       shift = sum(test$shift.parameter), ordered = lavNames(fit, "ov.ord"),
       correlations = unname(lapply(sample, function(of) unname(as.matrix(of$cov)))),
       variances = unname(lapply(gamma, function(of) as.list(diag(of)))),
       residuals = if (lavInspect(fit, "ngroups") == 1) unname(as.matrix(residuals(fit)$cov)))
}
three <- "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9"
five <- paste(sapply(c("A", "C", "E", "N", "O"),
                     function(f) paste0(f, "f =~ ", paste0(f, 1:5, collapse = " + "))), collapse = "\n")
paths <- "textual =~ x4 + x5 + x6\n x1 ~ textual\n x9 ~ x1 + textual"
nine <- paste0("x", 1:9)
some <- c("x1", "x2", "x3", "x7", "x8", "x9")
with_age <- paste(three, "\n visual + textual + speed ~ age")
cases <- list(
  bfi = case(five, psych::bfi[1:25], missing = "listwise"),
  bfi_pairwise = case(five, psych::bfi[1:25], missing = "pairwise"),
  items = case(three, items[nine]),
  items_theta = case(three, items[nine], parameterization = "theta"),
  items_std_lv = case(three, items[nine], std.lv = TRUE),
  items_missing = case(three, items_gaps[nine], missing = "pairwise"),
  items_listwise = case(three, items_gaps[nine], missing = "listwise"),
  items_weighted = case(three, items[c(nine, "weight")], ordered = nine, sampling.weights = "weight"),
  paths = case(paths, items[nine]),
  paths_theta = case(paths, items[nine], parameterization = "theta"),
  mixed = case(three, mixed[nine], ordered = some),
  mixed_missing = case(three, mixed_gaps[nine], ordered = some, missing = "pairwise"),
  mixed_age = case(with_age, mixed[c(nine, "age")], ordered = some),
  schools = case(three, items[c(nine, "school")], ordered = nine, group = "school"),
  schools_equal = case(three, items[c(nine, "school")], ordered = nine, group = "school",
                       group.equal = c("loadings", "thresholds")),
  schools_equal_theta = case(three, items[c(nine, "school")], ordered = nine, group = "school",
                             group.equal = c("loadings", "thresholds"), parameterization = "theta"),
  schools_mixed = case(three, mixed_gaps[c(nine, "school")], ordered = some, group = "school", missing = "pairwise",
                       group.equal = c("loadings", "thresholds", "intercepts"))
)

# ---- tests of models against more general ones ---------------------------------------------------------------------
school <- function(...) sem(three, items[c(nine, "school")], ordered = nine, group = "school", ...)
steps <- list(configural = school(), loadings = school(group.equal = "loadings"),
              thresholds = school(group.equal = c("loadings", "thresholds")))
one <- list(free = sem(three, items[nine], ordered = TRUE),
            orthogonal = sem(three, items[nine], ordered = TRUE, orthogonal = TRUE))
differs <- function(restricted, general) {
  found <- suppressWarnings(lavTestLRT(general, restricted))
  list(statistic = found[["Chisq diff"]][2], df = found[["Df diff"]][2], p_value = found[["Pr(>Chisq)"]][2])
}
loadings <- case(three, items[c(nine, "school")], ordered = nine, group = "school", group.equal = "loadings")
orthogonal <- case(three, items[nine], orthogonal = TRUE)
cases <- c(cases, list(schools_loadings = loadings, orthogonal = orthogonal))
differences <- list(
  c(list(restricted = "schools_loadings", general = "schools"), differs(steps$loadings, steps$configural)),
  c(list(restricted = "schools_equal", general = "schools_loadings"), differs(steps$thresholds, steps$loadings)),
  c(list(restricted = "schools_equal", general = "schools"), differs(steps$thresholds, steps$configural)),
  c(list(restricted = "orthogonal", general = "items"), differs(one$orthogonal, one$free))
)

# ---- what could be set free ---------------------------------------------------------------------------------------
released <- function(fit) {
  table <- modindices(fit)
  table$group <- if (is.null(table$group)) 1 else table$group
  table[table$op %in% c("=~", "~~") & !is.na(table$mi), c("lhs", "op", "rhs", "group", "mi", "epc")]
}
modification <- list(items = released(one$free), schools_equal = released(steps$thresholds),
                     orthogonal = released(one$orthogonal))

# ---- latent values of rows ----------------------------------------------------------------------------------------
in_gaps <- sem(three, items_gaps[nine], ordered = TRUE, missing = "listwise")
scores <- list(items = unname(lavPredict(one$free, method = "EBM")[1:12, ]),
               items_listwise = unname(lavPredict(in_gaps, method = "EBM")[1:12, ]),
               schools_equal = unname(lavPredict(steps$thresholds, method = "EBM")[[1]][1:12, ]))

# ---- standard units -----------------------------------------------------------------------------------------------
in_sd <- function(fit) {
  table <- as.data.frame(standardizedSolution(fit))
  table$group <- if (is.null(table$group)) 1 else table$group
  table[table$op %in% c("=~", "~", "~~", "|"), c("lhs", "op", "rhs", "group", "est.std", "se")]
}
standard <- list(items = in_sd(one$free), schools_equal = in_sd(steps$thresholds),
                 items_theta = in_sd(sem(three, items[nine], ordered = TRUE, parameterization = "theta")))

# ---- correlations and probabilities ------------------------------------------------------------------------------
points <- expand.grid(h = c(-3, -1.3, -0.2, 0, 0.01, 0.7, 2.5), k = c(-2.2, -0.7, 0, 0.011, 0.7, 4),
                      rho = c(-0.9999, -0.97, -0.93, -0.92, -0.5, 0, 0.3, 0.925, 0.95, 0.99, 0.99999))
points$pbivnorm <- pbivnorm(points$h, points$k, points$rho)
points$mvtnorm <- mapply(function(h, k, r) pmvnorm(upper = c(h, k), corr = matrix(c(1, r, r, 1), 2),
                                                   algorithm = TVPACK(abseps = 1e-14))[1], points$h, points$k, points$rho)
of_psych <- suppressWarnings(polychoric(psych::bfi[1:25], correct = 0, global = TRUE))$rho
sparse <- data.frame(a = c(1, 1, 1, 2, 2, 2, 2, 2, 1, 1), b = c(1, 1, 1, 1, 2, 2, 2, 2, 1, 1))
of_sparse <- suppressWarnings(lavCor(sparse, ordered = c("a", "b")))[1, 2]
write_json(list(cases = cases, differences = differences, standard = standard, scores = scores, modification = modification, probabilities = points, psych = unname(of_psych),
                two_by_two = list(a = sparse$a, b = sparse$b, correlation = of_sparse)),
           file.path(here, "ordinal.json"), digits = 10, auto_unbox = TRUE, na = "null")
