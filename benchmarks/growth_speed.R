# Processor seconds that lme4 needs for the model of growth_speed.py: Rscript growth_speed.R DATA.csv SLOPE
suppressMessages(library(lme4))
arguments <- commandArgs(TRUE)
data <- read.csv(arguments[1], stringsAsFactors = TRUE)
model <- as.formula(paste("trust ~ years + availability + stress + (", arguments[2], "| child)"))
repeats <- if (nrow(data) < 20000) 10 else 1
seconds <- sapply(seq_len(repeats), function(i) sum(system.time(fit <<- lmer(model, data))[c("user.self", "sys.self")]))
tight <- lmer(model, data, start = getME(fit, "theta"),
              control = lmerControl(optCtrl = list(xtol_abs = 1e-10, ftol_abs = 1e-12), calc.derivs = FALSE))
peak <- as.numeric(sub("[^0-9]*([0-9]+).*", "\\1", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1024
cat(sprintf("%.17g", c(min(seconds), REMLcrit(tight), fixef(tight), peak)), sep = "\n")
