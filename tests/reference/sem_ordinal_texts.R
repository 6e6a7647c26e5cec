# The texts of models of ordered categories, as this package writes them, fitted by lavaan 0.6-14.
#
#   python tests/models/sem/test_sem_ordinal.py && Rscript tests/reference/sem_ordinal_texts.R
#
# The first writes sem_ordinal_texts.json; this adds what lavaan finds when it runs the call on the first line of each.
suppressMessages({library(lavaan); library(jsonlite)})
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))))
cases <- fromJSON(file.path(here, "sem_ordinal_texts.json"), simplifyVector = FALSE)
for (name in names(cases)) {
  data <- read.csv(file.path(here, paste0("ordinal_", cases[[name]]$data, ".csv")))
  model <- cases[[name]]$text
  fit <- suppressWarnings(eval(parse(text = sub("^# ", "", strsplit(model, "\n")[[1]][1]))))
  found <- fitMeasures(fit, c("chisq.scaled", "npar", "df"))
  cases[[name]][c("chi2_scaled", "n_parameters", "df")] <- as.list(unname(found))
}
write_json(cases, file.path(here, "sem_ordinal_texts.json"), digits = 10, auto_unbox = TRUE, pretty = TRUE)
