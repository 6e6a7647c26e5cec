data <- read.csv("survey_1_R_data_file.csv", quote = "'\"", stringsAsFactors=FALSE)

# LimeSurvey Field type: A
data[, 1] <- as.character(data[, 1])
attributes(data)$variable.labels[1] <- "About id"
names(data)[1] <- "id"
# LimeSurvey Field type: A
data[, 2] <- as.character(data[, 2])
attributes(data)$variable.labels[2] <- "About submitdate"
names(data)[2] <- "submitdate"
# LimeSurvey Field type: A
data[, 3] <- as.character(data[, 3])
attributes(data)$variable.labels[3] <- "About lastpage"
names(data)[3] <- "lastpage"
# LimeSurvey Field type: A
data[, 4] <- as.character(data[, 4])
attributes(data)$variable.labels[4] <- "About startlanguage"
names(data)[4] <- "startlanguage"
# LimeSurvey Field type: A
data[, 5] <- as.character(data[, 5])
attributes(data)$variable.labels[5] <- "About seed"
names(data)[5] <- "seed"
# LimeSurvey Field type: A
data[, 6] <- as.character(data[, 6])
attributes(data)$variable.labels[6] <- "About token"
names(data)[6] <- "token"
# LimeSurvey Field type: A
data[, 7] <- as.character(data[, 7])
attributes(data)$variable.labels[7] <- "About ipaddr"
names(data)[7] <- "ipaddr"
# LimeSurvey Field type: A
data[, 8] <- as.character(data[, 8])
attributes(data)$variable.labels[8] <- "About Q1_SQ001"
data[, 8] <- factor(data[, 8], levels=c("A1","A2","A3"),labels=c("never", "at times, \"seldom\"", "always"))
names(data)[8] <- "Q1_SQ001"
# LimeSurvey Field type: A
data[, 9] <- as.character(data[, 9])
attributes(data)$variable.labels[9] <- "About Q1_SQ002"
data[, 9] <- factor(data[, 9], levels=c("A1","A2","A3"),labels=c("never", "at times, \"seldom\"", "always"))
names(data)[9] <- "Q1_SQ002"
# LimeSurvey Field type: A
data[, 10] <- as.character(data[, 10])
attributes(data)$variable.labels[10] <- "About Q2_other"
names(data)[10] <- "Q2_other"
# LimeSurvey Field type: A
data[, 11] <- as.character(data[, 11])
attributes(data)$variable.labels[11] <- "About ok"
data[, 11] <- factor(data[, 11], levels=c(1,0),labels=c("Yes", "Not selected"))
names(data)[11] <- "ok"
