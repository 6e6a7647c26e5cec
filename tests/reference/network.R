# Partial-correlation networks by glasso 1.11 and qgraph 1.9.3, for tests/engines/test_graphical_lasso.py,
# tests/engines/test_network_selection.py and tests/models/network/test_network.py.
# Rscript network.R   writes network.json beside it.
suppressMessages({library(qgraph); library(glasso); library(psych); library(lavaan); library(jsonlite)})
quiet <- function(x) suppressWarnings(suppressMessages(x))
constructs <- c("availability", "sensitivity", "acceptance", "cooperation", "family_membership",
                "trust", "managing_feelings", "self_esteem", "effectiveness", "belonging")

# Simulated children: each benefit follows its dimension, and dimensions share something.
set.seed(52)
drawn <- function(n) {
  care <- matrix(rnorm(n * 5), n) + 0.7 * rnorm(n)
  care[, 3] <- care[, 3] + 0.4 * care[, 1]
  benefit <- 0.5 * care + matrix(rnorm(n * 5), n)
  d <- round(data.frame(care, benefit), 3); names(d) <- constructs; d
}
children <- drawn(120); few <- drawn(60); gaps <- drawn(100)
gaps[unique(cbind(sample(100, 60, TRUE), sample(10, 60, TRUE)))] <- NA

of_matrix <- function(S, n) {
  largest <- max(max(S - diag(nrow(S))), -min(S - diag(nrow(S))))
  lambda <- exp(seq(log(0.01 * largest), log(largest), length = 100))
  # thr cannot be handed to EBICglasso: it would be taken for its argument threshold.
  path <- glassopath(S, lambda, thr = 1e-10, trace = 0, penalize.diagonal = FALSE)
  ebic <- sapply(1:100, function(i) qgraph:::EBIC(S, path$wi[, , i], n, 0.5))
  net <- function(...) unname(as.matrix(quiet(EBICglasso(S, n, ...))))
  shown <- c(1, 20, 40, 60, 80, 99)
  list(S = unname(S), n = n, lambda = lambda, ebic = ebic,
       edges = sapply(1:100, function(i) sum(path$wi[, , i][upper.tri(S)] != 0)),
       shown = shown, w = lapply(shown, function(i) path$w[, , i]), wi = lapply(shown, function(i) path$wi[, , i]),
       gamma_0 = net(gamma = 0), gamma_quarter = net(gamma = 0.25), gamma_half = net(), gamma_1 = net(gamma = 1),
       threshold = net(threshold = TRUE), refit = net(refit = TRUE),
       partial = unname(cor2pcor(S)))
}
cor2pcor <- function(S) { K <- solve(S); P <- -cov2cor(K); diag(P) <- 0; P }

free <- matrix(1, 10, 10); free[1, 2] <- free[2, 1] <- free[3, 8] <- free[8, 3] <- 0
own <- glasso(cor(children), 0.1 * free, thr = 1e-10, penalize.diagonal = FALSE)

bfi10 <- na.omit(bfi[, 1:10]); bfi25 <- na.omit(bfi[, 1:25])
moments <- lavCor(gaps, missing = "ml", output = "fit")
fiml <- cov2cor(unclass(lavInspect(moments, "cov.ov")))
strength <- function(net) { net <- as.matrix(net); unname(centrality_auto(net)$node.centrality[, "Strength"]) }
write_json(list(
  versions = list(qgraph = as.character(packageVersion("qgraph")), glasso = as.character(packageVersion("glasso"))),
  children = children, few = few, gaps = gaps,
  cases = list(children = of_matrix(cor(children), 120), few = of_matrix(cor(few), 60),
               bfi10 = of_matrix(cor(bfi10), nrow(bfi10)), bfi25 = of_matrix(cor(bfi25), nrow(bfi25)),
               bfi25_of_200 = of_matrix(cor(bfi25[1:200, ]), 200)),
  own_penalties = list(rho = 0.1 * free, w = own$w, wi = own$wi),
  strength = strength(quiet(EBICglasso(cor(children), 120))),
  gaps_pairwise = unname(cor(gaps, use = "pairwise.complete.obs")),
  gaps_listwise = unname(cor(na.omit(gaps))), gaps_fiml = unname(fiml)
), "network.json", digits = 12, auto_unbox = TRUE, na = "null")
