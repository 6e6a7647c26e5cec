"""Write the simulated panel and the model text that lagged_mixed.R fits.

python tests/reference/lagged_mixed_panel.py FOLDER
"""

import runpy
import sys
from pathlib import Path

from securebase_analysis.models.panel import fit_panel

if __name__ == "__main__":
    folder, test = Path(sys.argv[1]), Path(__file__).parents[1] / "models" / "panel" / "test_lagged_mixed.py"
    made = runpy.run_path(str(test))
    frame = made["panel"](gaps=0.2)
    frame.to_csv(folder / "lagged_mixed.csv", index=False)
    (folder / "lagged_mixed.lav").write_text(fit_panel(frame, made["NAMES"], model="lagged").syntax, "utf-8")
