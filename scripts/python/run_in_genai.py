"""Logits of ONNX Runtime GenAI without an adapter and with each of some, on one model, as JSON.

run_in_genai.py MODEL_FOLDER TOKEN_IDS ADAPTER_FILE...
"""

import json
import sys

import numpy
import onnxruntime_genai as og


def logits(model, ids: list[int], adapters, name: str | None) -> list[float]:
    params = og.GeneratorParams(model)
    params.set_search_options(max_length=len(ids) + 2, do_sample=False)
    generator = og.Generator(model, params)
    if name is not None:
        generator.set_active_adapter(adapters, name)
    generator.append_tokens(ids)
    return numpy.asarray(generator.get_logits()).astype(numpy.float32).reshape(-1).tolist()


def main() -> None:
    folder, ids, *files = sys.argv[1:]
    tokens = [int(token) for token in ids.split(",")]
    model = og.Model(folder)
    adapters = og.Adapters(model)
    for index, file in enumerate(files):
        adapters.load(file, str(index))
    names = [None, *(str(index) for index in range(len(files)))]
    print(json.dumps([logits(model, tokens, adapters, name) for name in names]))


if __name__ == "__main__":
    main()
