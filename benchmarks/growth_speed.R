# Processor seconds of lmer() for the model of growth_speed.py, its REML criterion and fixed effects at a tightened
# optimum, and the megabytes that the first fit added: Rscript growth_speed.R DATA.csv SLOPE REPEATS
suppressMessages(library(lme4))
arguments <- commandArgs(TRUE)
data <- read.csv(arguments[1], stringsAsFactors = TRUE)
model <- as.formula(paste("trust ~ years + availability + stress + (", arguments[2], "| child)"))
quiet <- function(x) suppressMessages(suppressWarnings(x))
status <- function(name) if (!file.exists("/proc/self/status")) NaN else
  as.numeric(sub("[^0-9]*([0-9]+).*", "\\1", grep(name, readLines("/proc/self/status"), value = TRUE))) / 1024
children <- levels(data$child)[1:40]
invisible(quiet(lmer(model, droplevels(data[data$child %in% children, ]))))
invisible(gc())
if (file.exists("/proc/self/clear_refs")) cat("5", file = "/proc/self/clear_refs")
before <- status("VmRSS")
seconds <- sapply(seq_len(as.integer(arguments[3])), function(i) {
  taken <- sum(system.time(fit <<- quiet(lmer(model, data)))[c("user.self", "sys.self")])
  if (i == 1) memory <<- status("VmHWM") - before
  taken
})
tight <- quiet(lmer(model, data, start = getME(fit, "theta"),
                    control = lmerControl(optCtrl = list(xtol_abs = 1e-10, ftol_abs = 1e-12), calc.derivs = FALSE)))
cat(sprintf("%.17g", c(seconds, REMLcrit(tight), fixef(tight), memory)), sep = "\n")
