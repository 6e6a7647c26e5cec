# lavaan runs the texts that ladders of invariance give, by the call in their first line.
# Run: python tests/reference/invariance_cases.py FOLDER; Rscript tests/reference/invariance_texts.R FOLDER
# (writes tests/reference/invariance_texts.json)
suppressMessages({library(lavaan); library(jsonlite)})
options(digits = 17)
folder <- commandArgs(trailingOnly = TRUE)[1]
wanted <- c("npar", "chisq", "df", "pvalue", "cfi", "rmsea", "srmr", "chisq.scaled", "pvalue.scaled",
            "chisq.scaling.factor", "cfi.scaled", "rmsea.scaled", "cfi.robust", "rmsea.robust")
texts <- fromJSON(file.path(folder, "texts.json"), simplifyVector = FALSE)
run <- function(name) {
  message(name, " ", format(Sys.time()))
  data <- read.csv(file.path(folder, paste0(name, ".csv")))
  lapply(texts[[name]], function(text) {
    model <- text
    call <- sub("^# ", "", strsplit(text, "\n")[[1]][1])
    found <- fitMeasures(eval(parse(text = call)))
    c(list(text = text), as.list(found[intersect(wanted, names(found))]))
  })
}
out <- lapply(setNames(names(texts), names(texts)), run)
write_json(c(list(R = R.version.string, lavaan = as.character(packageVersion("lavaan"))), out),
           "tests/reference/invariance_texts.json", digits = NA, auto_unbox = TRUE, na = "null", pretty = 1)
