#!/usr/bin/env python3
"""The generated dictionary files are what harness/dict/generate.py makes from harness/dict/tables/."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.exit(subprocess.run([sys.executable, os.path.join(ROOT, "harness", "dict", "generate.py"), "--check"]).returncode)
