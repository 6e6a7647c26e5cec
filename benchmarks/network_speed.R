# 1,000 networks of resampled children by qgraph::EBICglasso, and one of many variables; called by network_speed.py.
suppressMessages({library(qgraph); library(jsonlite)})
quiet <- function(x) suppressWarnings(suppressMessages(x))
args <- commandArgs(TRUE); d <- read.csv(args[1]); n <- nrow(d); resamples <- as.integer(args[2])
set.seed(1)
one <- system.time(net <- quiet(EBICglasso(cor(d), n)))
many <- system.time(for (i in seq_len(resamples)) quiet(EBICglasso(cor(d[sample(n, n, TRUE), ]), n)))
write_json(list(one = unname(one["user.self"]), many = unname(many["user.self"]), net = unname(as.matrix(net))),
           args[3], auto_unbox = TRUE, digits = 12)
