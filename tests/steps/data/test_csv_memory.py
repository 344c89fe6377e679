MEASURE = """
import asyncio, json, resource, sys
sys.path[:0] = json.loads(sys.argv[1])
from pathlib import Path
from harness.steps import run_step
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
run_step("csv_process", {"content": "a\\n1\\n", "operation": "dedupe"}, Path(sys.argv[2]))
before = peak()
run_step("csv_process", json.loads(sys.argv[3]), Path(sys.argv[2]))
print(peak() - before)
"""
