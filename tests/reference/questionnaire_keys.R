# Scales of questionnaires by psych::scoreItems (complete answers) and by the published rules for blanks, of simulated
# answers; and the alphas and standard errors behind them. Item numbers are those of the published scoring sheets.
# Rscript questionnaire_keys.R questionnaire_keys.json
suppressMessages({library(psych); library(jsonlite)})
arguments <- commandArgs(TRUE)
set.seed(417)

numbered <- function(stem, n) paste0(stem, seq_len(n))
# Answers of 60 simulated persons in low..high; items in `turned` run against the trait.
simulated <- function(stem, n, low, high, turned = integer()) {
  trait <- rnorm(60)
  answers <- sapply(seq_len(n), function(item) {
    side <- if (item %in% turned) -1 else 1
    middle <- (low + high) / 2
    pmin(pmax(round(middle + (high - low) / 2 * (0.5 * side * trait + 0.6 * rnorm(60))), low), high)
  })
  colnames(answers) <- numbered(stem, n)
  as.data.frame(answers)
}
with_blanks <- function(answers, share) {
  answers[matrix(runif(length(as.matrix(answers))) < share, nrow(answers))] <- NA
  answers
}
# Sums by psych; `numbers` has a minus for items that are reversed.
by_psych <- function(answers, stem, scales, low, high) {
  keys <- lapply(scales, function(numbers) paste0(ifelse(numbers < 0, "-", ""), stem, abs(numbers)))
  # psych warns of totals with blanks; these answers have none.
  found <- suppressWarnings(scoreItems(keys, answers, totals = TRUE, impute = "none", min = low, max = high))
  list(scores = as.data.frame(found$scores), alpha = setNames(as.numeric(found$alpha), names(scales)))
}
# Standard error of measurement of a sum: SD * sqrt(1 - alpha).
error_of <- function(found) mapply(function(score, alpha) sd(score) * sqrt(1 - alpha), found$scores, found$alpha)

prorated <- function(answers, stem, numbers, most_blank) {
  items <- answers[, paste0(stem, numbers)]
  ifelse(rowSums(is.na(items)) <= most_blank, rowMeans(items, na.rm = TRUE) * length(numbers), NA)
}
at_zero <- function(answers, stem, numbers, void) {
  ifelse(void, NA, rowSums(answers[, paste0(stem, numbers)], na.rm = TRUE))
}

rcads <- list(rcads_social_phobia = c(4, 7, 8, 12, 20, 30, 32, 38, 43),
              rcads_panic = c(3, 14, 24, 26, 28, 34, 36, 39, 41),
              rcads_separation_anxiety = c(5, 9, 17, 18, 33, 45, 46),
              rcads_generalised_anxiety = c(1, 13, 22, 27, 35, 37),
              rcads_obsessive_compulsive = c(10, 16, 23, 31, 42, 44),
              rcads_depression = c(2, 6, 11, 15, 19, 21, 25, 29, 40, 47))
psc <- list(psc_internalising = c(2, 6, 9, 11, 15), psc_attention = c(1, 3, 7, 13, 17),
            psc_externalising = c(4, 5, 8, 10, 12, 14, 16))
complete <- list(
  rosenberg = list(stem = "rses", n = 10, low = 0, high = 3,
                   scales = list(rosenberg_total = c(1, -2, 3, 4, -5, -6, 7, -8, -9, 10))),
  rosenberg_1965 = list(stem = "rses", n = 10, low = 0, high = 3,
                        scales = list(rosenberg_1965_total = c(1, 2, -3, 4, -5, 6, 7, -8, -9, -10))),
  wemwbs = list(stem = "wemwbs", n = 14, low = 1, high = 5, scales = list(wemwbs_total = 1:14)),
  swemwbs = list(stem = "swemwbs", n = 7, low = 1, high = 5, scales = list(swemwbs_sum = 1:7)),
  bac_c = list(stem = "bac_c", n = 20, low = 0, high = 2, scales = list(bac_c_total = 1:20)),
  bac_a = list(stem = "bac_a", n = 20, low = 0, high = 2, scales = list(bac_a_total = 1:20)),
  psc_17 = list(stem = "psc", n = 17, low = 0, high = 2, scales = psc),
  rcads_25 = list(stem = "rcads25_", n = 25, low = 0, high = 3,
                  scales = list(rcads25_depression = c(1, 4, 8, 10, 13, 15, 16, 19, 21, 24),
                                rcads25_anxiety = c(2, 3, 5, 6, 7, 9, 11, 12, 14, 17, 18, 20, 22, 23, 25))),
  rcads_47 = list(stem = "rcads", n = 47, low = 0, high = 3, scales = rcads))

result <- lapply(complete, function(key) {
  turned <- abs(unlist(key$scales)[unlist(key$scales) < 0])
  answers <- simulated(key$stem, key$n, key$low, key$high, turned)
  found <- by_psych(answers, key$stem, key$scales, key$low, key$high)
  list(answers = answers, scores = found$scores, std_error = as.list(error_of(found)))
})

blank_psc <- with_blanks(result$psc_17$answers, 0.12)
void <- rowSums(is.na(blank_psc)) >= 4
scores_psc <- as.data.frame(lapply(psc, function(numbers) at_zero(blank_psc, "psc", numbers, void)))
scores_psc$psc_total <- rowSums(scores_psc)
blank_rcads <- with_blanks(result$rcads_47$answers, 0.08)
scores_rcads <- as.data.frame(lapply(rcads, function(numbers) prorated(blank_rcads, "rcads", numbers, 2)))
scores_rcads$rcads_anxiety <- rowSums(scores_rcads[setdiff(names(rcads), "rcads_depression")])
scores_rcads$rcads_total <- rowSums(scores_rcads[names(rcads)])
blanks <- list(psc_17 = list(answers = blank_psc, scores = scores_psc),
               rcads_47 = list(answers = blank_rcads, scores = scores_rcads))

write(toJSON(list(complete = result, blanks = blanks, versions = list(R = R.version.string,
  psych = as.character(packageVersion("psych")))), digits = NA, auto_unbox = TRUE, na = "null", dataframe = "columns"), arguments[1])
