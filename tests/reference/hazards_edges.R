# Hazard models on data of awkward shape: columns that are all but the same, a likelihood of frailty with two summits,
# times of very different size, scores of clusters, one event in each stratum.
# Rscript hazards_edges.R   writes hazards_edges.json beside it, with the data it was computed from.
suppressMessages({library(survival); library(jsonlite)})
set.seed(71)
tight <- coxph.control(eps = 1e-13, toler.chol = 1e-15, iter.max = 100, outer.max = 100)
exact <- tight; exact$timefix <- FALSE
plain <- function(x) unname(unclass(x))
of <- function(fit) list(beta = plain(coef(fit)), log_likelihood = fit$loglik, naive = plain(sqrt(diag(fit$naive.var))),
                         clustered = plain(sqrt(diag(fit$var))), score = fit$score, clustered_score = plain(fit$rscore))

n <- 250
carer <- sample(1:40, n, TRUE); x <- rnorm(n); same <- x + 4e-5 * rnorm(n); other <- rbinom(n, 1, .3)
time <- ceiling(rexp(n, .01 * exp(.4 * x + .6 * other + .8 * rnorm(40)[carer]))); event <- rbinom(n, 1, .7)
alike <- data.frame(carer, time, event, x, same, other)
# R's penalised fit does not bear the two columns; with their difference in the place of one it is the same model.
apart <- transform(alike, difference = (same - x) * 2e4)
shared <- coxph(Surv(time, event) ~ x + difference + other + frailty(carer, eps = 1e-11, sparse = FALSE), apart, control = tight)
# One Newton step from the estimate without each carer.
whole <- coxph(Surv(time, event) ~ x + other, alike, control = tight)
one_step <- function(g) suppressWarnings(coxph(Surv(time, event) ~ x + other, alike[alike$carer != g, ],
                                               init = coef(whole), control = coxph.control(iter.max = 1)))
without <- sapply(sort(unique(carer)), function(g) plain(coef(one_step(g))))
skewed <- data.frame(x = rnorm(300)); skewed$time <- rexp(300, exp(6 * skewed$x)); skewed$event <- 1

summits <- data.frame(start = c(60, 0, 0, 0, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0),
  stop = c(90, 165, 45, 135, 30, 45, 60, 150, 30, 45, 30, 30, 15, 75, 120),
  event = c(1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1), group = c(0, 1, 2, 0, 2, 1, 0, 2, 0, 0, 2, 0, 2, 2, 0),
  x = c(1.3515, .7239, .3492, -1.1416, -.1875, 2.0053, -.8168, -3.1606, -.6573, 2.0066, -.0711, 1.0232, .3271, -.9206, .5074))
two <- coxph(Surv(start, stop, event) ~ x + frailty(group, eps = 1e-11, sparse = FALSE), summits, control = tight)

write_json(list(
  version = as.character(packageVersion("survival")),
  alike = list(data = as.list(alike), fit = of(coxph(Surv(time, event) ~ x + same + other, alike, control = tight, cluster = carer)),
               breslow = of(coxph(Surv(time, event) ~ x + same + other, alike, control = tight, cluster = carer, ties = "breslow")),
               without_each_carer = without,
               theta = shared$history[[1]]$theta, frailty_log_likelihood = shared$history[[1]]$c.loglik,
               frailty_other = plain(coef(shared))[3]),
  skewed = list(data = as.list(skewed), fit = of(coxph(Surv(time, event) ~ x, skewed, control = exact, robust = TRUE))),
  summits = list(data = as.list(summits), theta = two$history[[1]]$theta, log_likelihood = two$history[[1]]$c.loglik,
                 without = two$loglik[1])
), "hazards_edges.json", digits = I(15), auto_unbox = TRUE, matrix = "rowmajor")
