"""mergekit's side of merge-1gb: a line once all is imported, and one at the end.

merge_mergekit.py BASE_FOLDER ADAPTER_FOLDER OUTPUT_FOLDER
"""

import sys

from mergekit.config import MergeConfiguration
from mergekit.merge import MergeOptions, run_merge

base, adapter, out = sys.argv[1:]
print('{"type":"imported"}', flush=True)
models = [{"model": f"{base}+{adapter}"}]
config = MergeConfiguration.model_validate({"merge_method": "passthrough", "dtype": "bfloat16", "models": models})
options = MergeOptions(lora_merge_cache=f"{out}-cache", copy_tokenizer=False, lazy_unpickle=True)
run_merge(config, out_path=out, options=options)
print('{"type":"done"}', flush=True)
