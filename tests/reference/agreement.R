# Reference values for tests of agreement: psych for kappas and intraclass correlations, and Krippendorff's alpha,
# Fleiss' kappa and AC1 written out from their definitions, one pair of ratings at a time.
# Run: Rscript tests/reference/agreement.R   (writes tests/reference/agreement.json)
suppressMessages({library(psych); library(jsonlite)})
options(digits = 17)

# Fleiss (1971), table 1: 30 patients, 6 psychiatrists each, 5 diagnoses; counts of diagnoses per patient.
fleiss_1971 <- matrix(c(
  0,0,0,6,0, 0,3,0,0,3, 0,1,4,0,1, 0,0,0,0,6, 0,3,0,3,0, 2,0,4,0,0, 0,0,4,0,2, 2,0,3,1,0, 2,0,0,4,0, 0,0,0,0,6,
  1,0,0,5,0, 1,1,0,4,0, 0,3,3,0,0, 1,0,0,5,0, 0,2,0,3,1, 0,0,5,0,1, 3,0,0,1,2, 5,1,0,0,0, 0,2,0,4,0, 1,0,2,0,3,
  0,0,0,0,6, 0,1,0,5,0, 0,2,0,1,3, 2,0,0,4,0, 1,0,0,4,1, 0,5,0,1,0, 4,0,0,0,2, 0,2,0,4,0, 1,0,5,0,0, 0,0,0,0,6),
  ncol = 5, byrow = TRUE)
wide <- t(apply(fleiss_1971, 1, function(n) rep(1:5, n)))

# Shrout & Fleiss (1979), table 2: 6 targets, 4 judges.
shrout_fleiss <- matrix(c(9,2,5,8, 6,1,3,2, 8,4,6,8, 7,1,2,6, 10,5,6,9, 6,2,4,7), ncol = 4, byrow = TRUE)

# Krippendorff (2011): 4 observers, 12 units.
krippendorff_2011 <- rbind(
  c(1,2,3,3,2,1,4,1,2,NA,NA,NA), c(1,2,3,3,2,2,4,1,2,5,NA,3),
  c(NA,3,3,3,2,3,4,2,2,5,1,NA), c(1,2,3,3,2,4,4,1,2,5,1,NA))

set.seed(20417)
truth <- sample(1:5, 200, TRUE, c(.35, .25, .2, .15, .05))
code <- function(error) pmin(5, pmax(1, truth + ifelse(runif(200) < error, sample(c(-2, -1, 1, 2), 200, TRUE), 0)))
three <- cbind(A = code(.2), B = code(.3), C = code(.4))
gappy <- three; gappy[sample(600, 90)] <- NA
measured <- round(outer(rnorm(14, 50, 10), rep(1, 3)) + outer(rep(1, 14), c(0, 2, -3)) + rnorm(42, 0, 5), 1)

# ---- kappas (psych) ------------------------------------------------------------------------------------------
q <- 5
linear <- 1 - abs(outer(1:q, 1:q, "-")) / (q - 1)
quadratic <- 1 - outer(1:q, 1:q, "-")^2 / (q - 1)^2
kappa_of <- function(p, w) { pe <- sum(w * outer(rowSums(p), colSums(p))); (sum(w * p) - pe) / (1 - pe) }
# Standard error by the delta method: numerical gradient over cell shares, multinomial covariance.
delta_se <- function(x1, x2, w) {
  n <- length(x1); p <- table(factor(x1, 1:q), factor(x2, 1:q)) / n; p <- matrix(p, q, q); h <- 1e-6
  g <- sapply(seq_along(p), function(i) {
    up <- p; up[i] <- up[i] + h; down <- p; down[i] <- down[i] - h
    (kappa_general(up, w) - kappa_general(down, w)) / (2 * h) })
  sqrt((sum(p * g^2) - sum(p * g)^2) / n)
}
# kappa as a function of shares that need not add up to one: divide by the total first.
kappa_general <- function(p, w) kappa_of(p / sum(p), w)
pair <- function(i, j) {
  quad <- cohen.kappa(three[, c(i, j)], levels = 1:5)
  lin <- cohen.kappa(three[, c(i, j)], w = linear, levels = 1:5)
  list(coders = colnames(three)[c(i, j)], kappa = quad$kappa, kappa_se = sqrt(quad$var.kappa),
       kappa_ci = quad$confid[1, c(1, 3)], quadratic = quad$weighted.kappa, linear = lin$weighted.kappa,
       quadratic_se = delta_se(three[, i], three[, j], quadratic), linear_se = delta_se(three[, i], three[, j], linear),
       kappa_se_delta = delta_se(three[, i], three[, j], diag(q)))
}
kappas <- list(pair(1, 2), pair(1, 3), pair(2, 3))
all_three <- cohen.kappa(three, levels = 1:5)

# ---- intraclass correlations (psych) -------------------------------------------------------------------------
icc <- function(x, alpha) {
  r <- ICC(x, lmer = FALSE, alpha = alpha)$results
  list(type = r$type, icc = r$ICC, f = r$F, df_1 = r$df1, df_2 = r$df2, p = r$p,
       low = r$`lower bound`, high = r$`upper bound`)
}

# ---- alpha from its definition: every pair of ratings within units, every pair of all values -----------------
alpha_of <- function(x, level) {              # x: units in rows, coders in columns
  keep <- rowSums(!is.na(x)) > 1
  x <- x[keep, , drop = FALSE]
  values <- x[!is.na(x)]; n <- length(values)
  count <- function(v) sum(values == v)
  difference <- function(a, b) {
    if (level == "nominal") return(as.numeric(a != b))
    if (level == "interval") return((a - b)^2)
    if (level == "ratio") return(if (a + b == 0) 0 else ((a - b) / (a + b))^2)
    low <- min(a, b); high <- max(a, b)
    between <- sort(unique(values)); between <- between[between >= low & between <= high]
    if (a == b) return(0)
    (sum(sapply(between, count)) - (count(a) + count(b)) / 2)^2
  }
  observed <- 0
  for (u in seq_len(nrow(x))) {
    own <- x[u, !is.na(x[u, ])]; m <- length(own)
    for (i in seq_len(m)) for (j in seq_len(m)) if (i != j) observed <- observed + difference(own[i], own[j]) / (m - 1)
  }
  expected <- 0
  distinct <- sort(unique(values))
  for (a in distinct) for (b in distinct) expected <- expected + count(a) * count(b) * difference(a, b)
  1 - (n - 1) * observed / expected
}
levels_of <- c("nominal", "ordinal", "interval", "ratio")
alphas <- function(x) setNames(lapply(levels_of, function(level) alpha_of(x, level)), levels_of)

# ---- Fleiss' kappa and AC1 from their definitions ------------------------------------------------------------
agreement_of <- function(x) {
  distinct <- sort(unique(x[!is.na(x)]))
  n <- nrow(x); share <- matrix(0, n, length(distinct)); agree <- rep(NA, n)
  for (u in seq_len(n)) {
    own <- x[u, !is.na(x[u, ])]; m <- length(own)
    for (k in seq_along(distinct)) share[u, k] <- mean(own == distinct[k])
    if (m > 1) { same <- 0; for (i in 1:m) for (j in 1:m) if (i != j) same <- same + (own[i] == own[j]); agree[u] <- same / (m * (m - 1)) }
  }
  rated <- rowSums(!is.na(x)) > 0
  pa <- mean(agree, na.rm = TRUE); pi <- colMeans(share[rated, ]); q <- length(distinct)
  pe <- sum(pi * (1 - pi)) / (q - 1)
  list(percent = pa, ac1 = (pa - pe) / (1 - pe), fleiss = (pa - sum(pi^2)) / (1 - sum(pi^2)))
}
# Standard errors by leaving out one unit at a time, scaled to the linearised variance's (n - 1) / n convention.
jackknife_se <- function(x, what) {
  n <- nrow(x); left <- sapply(seq_len(n), function(u) agreement_of(x[-u, ])[[what]])
  sqrt((n - 1) / n * sum((left - mean(left))^2))
}

write_json(list(
  R = R.version.string, psych = as.character(packageVersion("psych")),
  data = list(fleiss_1971 = wide, shrout_fleiss = shrout_fleiss, krippendorff_2011 = t(krippendorff_2011),
              three = three, gappy = gappy, measured = measured),
  kappas = kappas, mean_kappa = all_three$av.kappa, mean_quadratic = all_three$av.wt,
  icc = list(shrout_fleiss = icc(shrout_fleiss, .05), measured = icc(measured, .05), measured_90 = icc(measured, .10)),
  alpha = list(krippendorff_2011 = alphas(t(krippendorff_2011)), gappy = alphas(gappy), three = alphas(three),
               measured = alpha_of(measured, "interval"), measured_ratio = alpha_of(measured, "ratio")),
  agreement = list(fleiss_1971 = agreement_of(wide), gappy = agreement_of(gappy), three = agreement_of(three)),
  jackknife_se = list(fleiss_1971_fleiss = jackknife_se(wide, "fleiss"), fleiss_1971_ac1 = jackknife_se(wide, "ac1"),
                      gappy_ac1 = jackknife_se(gappy, "ac1"), three_ac1 = jackknife_se(three, "ac1"),
                      three_fleiss = jackknife_se(three, "fleiss"))
), "tests/reference/agreement.json", digits = NA, auto_unbox = TRUE, na = "null")
