"""What a fitted growth model is asked: means, slopes, tests, intervals, comparisons, and who moves it."""
