# Networks by qgraph on data that no other test uses, for tests/engines/test_networks_held_out.py.
# Rscript network_held_out.R   writes network_held_out.json beside it.
suppressMessages({library(qgraph); library(lavaan); library(psych); library(jsonlite)})
quiet <- function(x) suppressWarnings(suppressMessages(x))
of_matrix <- function(S, n) {
  net <- function(...) unname(as.matrix(quiet(EBICglasso(S, n, ...))))
  list(S = unname(S), n = n, gamma_half = net(), gamma_0 = net(gamma = 0), gamma_1 = net(gamma = 1),
       threshold = net(threshold = TRUE), refit = net(refit = TRUE))
}
of_data <- function(d) of_matrix(cor(d), nrow(d))

set.seed(7)
chain <- function(n, p = 12) {
  K <- diag(p)
  for (i in 1:(p - 1)) K[i, i + 1] <- K[i + 1, i] <- c(-.35, .35)[i %% 2 + 1]
  of_data(MASS::mvrnorm(n, rep(0, p), solve(K)))
}
skewed <- exp(MASS::mvrnorm(150, rep(0, 6), 0.4 + 0.6 * diag(6))); skewed[, 2] <- 1000 * skewed[, 2]
answers <- na.omit(bfi[1:300, 1:8])
gaps <- bfi[1:300, 1:10]; gaps[unique(cbind(sample(300, 250, TRUE), sample(10, 250, TRUE)))] <- NA
both <- crossprod(!is.na(gaps)); n_pairs <- mean(both[lower.tri(both)])
write_json(list(
  versions = list(qgraph = as.character(packageVersion("qgraph"))),
  cases = list(
    bfi_15_of_400 = of_data(na.omit(bfi[sample(nrow(bfi), 400), 1:15])), sat_act = of_data(na.omit(sat.act)),
    holzinger_swineford = of_data(HolzingerSwineford1939[, 7:15]), chain_90 = chain(90), chain_3000 = chain(3000),
    skewed = of_data(skewed), ranks = of_matrix(cor(answers, method = "spearman"), nrow(answers)),
    polychoric = of_matrix(unname(quiet(lavCor(as.data.frame(lapply(answers, ordered))))), nrow(answers))),
  gaps = gaps, n_pairs = n_pairs,
  pairwise = unname(as.matrix(quiet(EBICglasso(cor(gaps, use = "pairwise"), n_pairs))))
), "network_held_out.json", digits = 10, auto_unbox = TRUE, na = "null")
