"""mergekit's side of merge-1gb: a line once all is imported, and one at the end.

merge_mergekit.py BASE_FOLDER ADAPTER_FOLDER OUTPUT_FOLDER
"""

import os
import sys
import tempfile

from mergekit.config import MergeConfiguration
from mergekit.merge import MergeOptions, run_merge

base, adapter, out = sys.argv[1:]
print('{"type":"imported"}', flush=True)
models = [{"model": f"{base}+{adapter}"}]
config = MergeConfiguration.model_validate({"merge_method": "passthrough", "dtype": "bfloat16", "models": models})
# It keeps the base with the adapter in it, and would take that in the next turn.
with tempfile.TemporaryDirectory(dir=os.path.dirname(out)) as cache:
    run_merge(config, out_path=out, options=MergeOptions(lora_merge_cache=cache, copy_tokenizer=False, lazy_unpickle=True))
print('{"type":"done"}', flush=True)
