# The classic data of the published figures, fitted by lme4 and survival, for tests/published/test_papers_methods.py.
# Rscript published_methods.R   writes published_methods.json beside it.
suppressMessages({library(lme4); library(survival); library(jsonlite)})

growth <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy)
spread <- as.data.frame(VarCorr(growth))
sleep <- list(rows = nrow(sleepstudy), sum = sum(sleepstudy$Reaction), reml = REMLcrit(growth),
              estimate = unname(fixef(growth)), std_error = unname(sqrt(diag(as.matrix(vcov(growth))))),
              sd_intercept = spread$sdcor[1], sd_days = spread$sdcor[2], correlation = spread$sdcor[3],
              sd_residual = spread$sdcor[4])

# cgd0 codes steroids 1 = yes, 2 = no; cgd codes 1 = yes, 0 = no. The published table is of cgd0.
infections <- transform(cgd, interferon = as.numeric(treat == "rIFN-g"),
                        autosomal = as.numeric(inherit == "autosomal"), without_steroids = 1 - steroids)
cox <- function(...) {
  f <- coxph(..., data = infections, cluster = id)
  list(coef = unname(coef(f)), naive = unname(sqrt(diag(f$naive.var))), robust = unname(sqrt(diag(f$var))),
       log_likelihood = f$loglik[2], events = f$nevent, rows = f$n)
}
recurrent <- list(
  andersen_gill = cox(Surv(tstart, tstop, status) ~ interferon + autosomal + without_steroids),
  prentice = cox(Surv(tstart, tstop, status) ~ interferon + autosomal + without_steroids + strata(enum))
)
arms <- survfit(Surv(tstart, tstop, status) ~ treat, cgd, id = id)
expected <- summary(arms, times = c(100, 200, 300))
recurrent$mean_infections <- list(arm = as.character(expected$strata), day = expected$time, value = expected$cumhaz)

gammopathy <- transform(mgus2, months = ifelse(pstat == 0, futime, ptime),
                        ending = factor(ifelse(pstat == 0, 2 * death, 1), 0:2, c("open", "progression", "death")))
both <- survfit(Surv(months, ending) ~ sex, gammopathy)
lost <- summary(both, rmean = 240)$table
years <- c(60, 120, 180, 240)
at <- summary(both, times = years)
alone <- summary(survfit(Surv(months, ending == "progression") ~ sex, gammopathy), times = years)
incidence <- list(counts = as.list(table(gammopathy$ending)), row = rownames(lost),
                  children = unname(lost[, "n"]), events = unname(lost[, "nevent"]),
                  mean_years = unname(lost[, "rmean"]) / 12,
                  months = at$time, sex = as.character(at$strata), incidence = at$pstate[, -1],
                  std_error = at$std.err[, -1], one_less_kaplan_meier = 1 - alone$surv)

write_json(list(r = R.version.string, lme4 = as.character(packageVersion("lme4")),
                survival = as.character(packageVersion("survival")), sleepstudy = sleep, cgd = recurrent,
                mgus2 = incidence), "published_methods.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
