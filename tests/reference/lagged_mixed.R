# The lagged mixed model of securebase_analysis, fitted by lavaan from the text that `.syntax` prints.
#   python tests/reference/lagged_mixed_panel.py FOLDER   writes the table and the text
#   Rscript tests/reference/lagged_mixed.R FOLDER         writes lagged_mixed.json
library(lavaan)
folder <- commandArgs(trailingOnly = TRUE)[1]
data <- read.csv(file.path(folder, "lagged_mixed.csv"))
model <- paste(readLines(file.path(folder, "lagged_mixed.lav")), collapse = "\n")
fit <- lavaan::lavaan(model, data, missing = "ml", estimator = "ML", meanstructure = TRUE, fixed.x = TRUE)
found <- parameterEstimates(fit)
effects <- found[found$label %in% c("availability.by.availability", "availability.by.trust",
                                    "trust.by.availability", "trust.by.trust"), ]
effects <- effects[!duplicated(effects$label), ]
terms <- sub(".by.", " ~ ", effects$label, fixed = TRUE)
lagged <- setNames(lapply(seq_along(terms), function(i) c(effects$est[i], effects$se[i])), terms)
measures <- fitMeasures(fit, c("logl", "chisq", "df"))
jsonlite::write_json(
  list(lavaan = as.character(packageVersion("lavaan")), log_likelihood = measures[["logl"]],
       chi2 = measures[["chisq"]], df = measures[["df"]], lagged = lagged),
  "tests/reference/lagged_mixed.json", digits = 10, auto_unbox = TRUE, pretty = TRUE)
