# Wild cluster bootstrap, permutation and sign-flip tests written out from their definitions; every draw is taken.
# Rscript few_clusters.R FOLDER few_clusters.json     (cohort: python few_clusters_cohort.py FOLDER)
suppressMessages({library(lme4); library(jsonlite)})
arguments <- commandArgs(TRUE)
data <- read.csv(file.path(arguments[1], "few_clusters.csv"), stringsAsFactors = TRUE)
y <- data$trust; X <- model.matrix(~ years + trained + age + stress, data); n <- nrow(X)
cluster <- as.integer(data$carer); G <- max(cluster)
signs <- as.matrix(expand.grid(rep(list(c(1, -1)), G)))
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, maxfun = 1e5), calc.derivs = FALSE)

# The covariance of the rows that a mixed model finds.
covariance <- function(formula) {
  model <- lmer(formula, data, REML = TRUE, control = tight)
  half <- t(as.matrix(getME(model, "Zt"))) %*% t(as.matrix(getME(model, "Lambdat")))
  sigma(model)^2 * (diag(n) + half %*% t(half))
}

# Estimates and cluster-robust (CR1) standard error of coefficient j with working covariance V.
robust <- function(y, j, W) {
  A <- solve(t(X) %*% W %*% X, t(X) %*% W); beta <- A %*% y; r <- as.vector(y - X %*% beta)
  scores <- rowsum(A[j, ] * r, cluster)
  c(beta[j], sqrt(G / (G - 1) * (n - 1) / (n - ncol(X)) * sum(scores^2)))
}
wild <- function(j, V, null, effect = 0) {
  W <- solve(V); own <- robust(y, j, W)
  if (null) {
    X0 <- X[, -j]; e <- y - effect * X[, j]; b0 <- solve(t(X0) %*% W %*% X0, t(X0) %*% W %*% e)
    fit <- as.vector(X0 %*% b0) + effect * X[, j]; centre <- effect
  } else { fit <- as.vector(X %*% solve(t(X) %*% W %*% X, t(X) %*% W %*% y)); centre <- own[1] }
  t <- apply(signs, 1, function(v) { one <- robust(fit + v[cluster] * (y - fit), j, W); (one[1] - centre) / one[2] })
  own_t <- if (null) (own[1] - effect) / own[2] else own[1] / own[2]
  list(estimate = own[1], se = own[2], t = t, p = mean(abs(t) >= abs(own_t) * (1 - 1e-9)))
}
cases <- list()
V <- covariance(trust ~ years + trained + age + stress + (1 | child) + (1 | carer))
for (j in c(2, 3)) for (working in c("ols", "fit")) for (null in c(TRUE, FALSE)) {
  found <- wild(j, if (working == "ols") diag(n) else V, null)
  at <- if (null) wild(j, if (working == "ols") diag(n) else V, TRUE, 0.3)$p else NULL
  cases[[length(cases) + 1]] <- list(term = colnames(X)[j], working = working, null_imposed = null,
    estimate = found$estimate, se = found$se, p = found$p, sorted_t = sort(abs(found$t)), p_at = at)
}

# Labels of carers permuted, all of them: t with the variances of the model without the label.
labels <- function(columns, random) {
  V <- covariance(as.formula(paste("trust ~", paste(columns, collapse = "+"), "+", random)))
  X0 <- model.matrix(as.formula(paste("~", paste(columns, collapse = "+"))), data); W <- solve(V)
  Q <- W - W %*% X0 %*% solve(t(X0) %*% W %*% X0, t(X0) %*% W)
  statistic <- function(x) sum(x * (Q %*% y)) / sqrt(sum(x * (Q %*% x)))
  own <- tapply(data$trained, data$carer, mean); chosen <- combn(G, sum(own))
  t <- apply(chosen, 2, function(one) { label <- rep(0, G); label[one] <- 1; statistic(label[cluster]) })
  at <- statistic(data$trained)
  list(t = at, sorted_t = sort(t), p = mean(abs(t) >= abs(at) * (1 - 1e-9)))
}
permutation <- list(
  one_factor = labels(c("years", "stress"), "(1 | child)"),
  two_factors = labels(c("years", "stress"), "(1 | child) + (1 | carer)"))

# Signs of carers turned, all of them: standardised scores of stress.
V <- covariance(trust ~ years + trained + age + (1 | child))
L <- t(chol(V)); white <- function(a) forwardsolve(L, a)
X0 <- white(X[, -5]); M <- diag(n) - X0 %*% solve(crossprod(X0), t(X0))
x <- as.vector(M %*% white(X[, 5])); r <- as.vector(M %*% white(y))
t <- apply(signs, 1, function(s) { S <- s[cluster]; sum(x * S * r) / sqrt(sum((S * x) * (M %*% (S * x)))) })
flipped <- list(t = sum(x * r) / sqrt(sum(x^2)), sorted_t = sort(t), p = mean(abs(t) >= abs(sum(x * r) / sqrt(sum(x^2))) * (1 - 1e-9)))
write_json(list(r = R.version.string, lme4 = as.character(packageVersion("lme4")), wild = cases,
                permutation = permutation, signs = flipped), arguments[2], digits = I(15), auto_unbox = TRUE, pretty = FALSE)
