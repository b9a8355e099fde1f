// An ONNX model: read, made switchable where it has the modules, written and read again.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findSites, makeSwitchable, onnxMismatchError, readOnnx } from "@lowrank/merge/onnx";
import { bytesSource } from "@lowrank/safetensors";
import { mutateBytes } from "../inputs/mutate-bytes.ts";
import { demand, type Target } from "../target.ts";

const folder = new URL("../../../fixtures/onnx/", import.meta.url);
const names = ["all-linear-llama.int4.onnx", "all-linear-llama.int8.onnx", "beside/model.onnx"];
const seeds = [...names, "genai/gemma-int4/model.onnx", "genai/qwen3-fp32/model.onnx"].map(
  (name) => new Uint8Array(readFileSync(fileURLToPath(new URL(name, folder)))),
);
const beside = new Uint8Array(114_560);

export const onnx: Target = {
  generate: (random) => mutateBytes(random.pick(seeds), random),

  async check(input) {
    const openOutside = async (name: string) => {
      demand(/^[^/\\:]+$/.test(name) && name !== "..", "a name that is no plain one was opened");
      return bytesSource(beside, name);
    };
    const model = await readOnnx(input, { openOutside });
    const [site] = findSites(model).filter(({ kind, names }) => kind === "linear" && names[0] !== undefined);
    if (site === undefined) throw onnxMismatchError("it", []);
    const { files } = makeSwitchable(model, [site.names[0] ?? ""]);
    const again = await readOnnx(await files[0]!.bytes(), { openOutside });
    demand(again.graph.inputs.size === model.graph.inputs.size + 2, "the inputs of the branch were lost");
  },
};
