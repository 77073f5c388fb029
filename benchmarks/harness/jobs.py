"""Commands that run jobs on Ray Data and Apache Beam and write Parquet."""

import sys
from pathlib import Path

BEAM = """
import sys
import apache_beam as beam
from apache_beam.io import WriteToParquet, fileio
from apache_beam.options.pipeline_options import PipelineOptions
from digitnet.distributed.beam import ReadDigits
from digitnet.distributed.rows import arrow_schema

pattern, workers, output = sys.argv[1:]
options = PipelineOptions(
    runner="DirectRunner", direct_running_mode="multi_processing", direct_num_workers=int(workers)
)
with beam.Pipeline(options=options) as pipeline:
    files = pipeline | fileio.MatchFiles(pattern) | beam.Reshuffle() | fileio.ReadMatches()
    files | ReadDigits() | WriteToParquet(output, arrow_schema(), file_name_suffix=".parquet")
"""


def ray_command(folder: Path, workers: int) -> list[str]:
    """Return the command to read a folder on Ray; append the output folder."""
    module = [sys.executable, "-m", "digitnet.distributed.ray_data"]
    return [*module, str(folder), "--workers", str(workers), "--output"]


def beam_command(folder: Path, workers: int) -> list[str]:
    """Return the command to read a folder on Beam; append the path prefix of the output files."""
    return [sys.executable, "-c", BEAM, f"{folder}/**", str(workers)]
