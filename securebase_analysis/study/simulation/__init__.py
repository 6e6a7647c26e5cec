"""How a cohort is made up, from the quantities it is calibrated on to the files of its folder.

Read in the order in which a study comes about: `calibration`, `chance`, `cohort`, `spells`, `effects`, `truth`,
`attendance`, `instruments`, `answers`, `transcripts`, `coding`, `tables`, `folder`.
"""
