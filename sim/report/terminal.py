"""What a run prints: the question, the answer, what holds, where things are."""

import textwrap
from pathlib import Path

from sim.analysis.answer import answer
from sim.analysis.catalogue import say
from sim.analysis.compare import compare, format_table
from sim.runner import Run

WIDTH = 88
