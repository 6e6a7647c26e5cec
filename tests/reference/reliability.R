# Alpha, item statistics, scale scores and one-factor omega of the bfi data in psych.
# Rscript reliability.R reliability.json
suppressMessages({library(psych); library(jsonlite)})
arguments <- commandArgs(TRUE)
keys <- list(A = c("-A1", "A2", "A3", "A4", "A5"), C = c("C1", "C2", "C3", "-C4", "-C5"),
             E = c("-E1", "-E2", "E3", "E4", "E5"), N = c("N1", "N2", "N3", "N4", "N5"),
             O = c("O1", "-O2", "O3", "O4", "-O5"))

# Omega total of one factor by maximum likelihood, in the metric of the items.
omega_ml <- function(items) {
  covariance <- cov(items, use = "pairwise")
  fit <- factanal(covmat = list(cov = cov2cor(covariance), n.obs = nrow(items)), factors = 1,
                  control = list(opt = list(factr = 1, pgtol = 0, maxit = 2000)))
  scale <- sqrt(diag(covariance))
  common <- sum(scale * fit$loadings[, 1])^2
  list(omega = common / (common + sum(scale^2 * fit$uniquenesses)),
       standardised = sum(fit$loadings)^2 / (sum(fit$loadings)^2 + sum(fit$uniquenesses)),
       loadings = unname(abs(fit$loadings[, 1])), uniquenesses = unname(fit$uniquenesses))
}

one_scale <- function(signed, data) {
  names <- sub("-", "", signed); turned <- names[startsWith(signed, "-")]
  items <- data[, names]; items[, turned] <- 7 - items[, turned]
  found <- alpha(items, use = "pairwise", warnings = FALSE)
  interval <- alpha.ci(found$total$raw_alpha, n.obs = nrow(items), n.var = ncol(items))
  list(items = names, reversed = I(turned), raw_alpha = found$total$raw_alpha, std_alpha = found$total$std.alpha,
       average_r = found$total$average_r, ase = found$total$ase, n = nrow(items),
       feldt = c(interval$lower.ci, interval$upper.ci), r_drop = found$item.stats$r.drop,
       alpha_drop = found$alpha.drop$raw_alpha, item_mean = found$item.stats$mean, item_sd = found$item.stats$sd,
       item_n = found$item.stats$n, omega = omega_ml(items))
}

scores <- scoreItems(keys, bfi[, 1:25], impute = "none", min = 1, max = 6)$scores
incomplete <- which(rowSums(is.na(bfi[, 1:25])) > 0)
two <- bfi[, c("N1", "N2")]
result <- list(
  versions = list(R = R.version.string, psych = as.character(packageVersion("psych"))),
  pairwise = lapply(keys, one_scale, data = bfi),
  complete = lapply(keys, function(key) {
    names <- sub("-", "", key)
    one_scale(key, bfi[complete.cases(bfi[, names]), ])
  }),
  scores = list(names = colnames(scores), rows = incomplete, values = unname(scores[incomplete, ]),
                sums = unname(colSums(scores, na.rm = TRUE)), squares = unname(colSums(scores^2, na.rm = TRUE))),
  two_items = list(spearman_brown = alpha(two, use = "pairwise", warnings = FALSE)$total$std.alpha,
                   r = cor(two, use = "pairwise")[1, 2])
)
write(toJSON(result, digits = I(17), auto_unbox = TRUE, na = "null"), arguments[1])
