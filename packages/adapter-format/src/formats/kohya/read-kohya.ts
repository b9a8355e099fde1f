// Reads an adapter of Kohya's sd-scripts, LyCORIS or diffusers as PEFT would have written it. One file has all
// components of a pipeline. Modules keep the file's names, because only a model shows which underscores are dots (see
// component-paths.ts). A and B have PEFT's layout. Each module has its own α; a missing α equals the rank.

import { openSafetensors } from "@lowrank/safetensors";
import type { SafetensorsFile } from "@lowrank/safetensors/internal";
import { invalidAdapterTensorsError, type TensorProblem } from "../../errors.ts";
import type { Adapter, AdapterTensor } from "../../lora-config.ts";
import { loraKeys } from "../../tensor-keys.ts";
import { type AdapterFolder, withFile } from "../adapter-folder.ts";
import { checkedAdapter, configOfModules, type ModuleScale } from "../checked-adapter.ts";
import { readableTypes } from "../peft/check-tensors.ts";
import type { ReadAdapterOptions } from "../peft/read-options.ts";
import { oneFileFormat } from "../refuse-foreign.ts";
import { BadModule, type KohyaPart, type PlainLora, parseKohyaKey } from "./module-parts.ts";
import { plainMatrices } from "./plain-matrices.ts";

/** Reads the file; undefined if none of these programs wrote it. Throws the errors of `readAdapter`. */
export async function readKohya(
  folder: AdapterFolder,
  name: string,
  options: ReadAdapterOptions,
): Promise<Adapter | undefined> {
  return withFile(folder, name, async (source) => {
    const file = await openSafetensors(source, options.onWarning ? { onWarning: options.onWarning } : {});
    return oneFileFormat(file.tensors.keys()) === undefined ? undefined : adapterOf(file, source.name, options);
  });
}

async function adapterOf(file: SafetensorsFile, name: string, options: ReadAdapterOptions): Promise<Adapter> {
  const problems: TensorProblem[] = [];
  const modules = modulesOf(file, problems);
  const tensors = new Map<string, AdapterTensor>();
  const scales: ModuleScale[] = [];
  let useDora = false;
  for (const [path, keys] of modules) {
    const parts = new Map<KohyaPart, AdapterTensor>();
    for (const [part, key] of keys)
      parts.set(part, { shape: file.tensors.get(key)?.shape ?? [], values: await file.readFloat32(key) });
    let lora: PlainLora;
    try {
      lora = plainMatrices(parts);
    } catch (thrown) {
      if (!(thrown instanceof BadModule)) throw thrown;
      problems.push({ key: path, problem: thrown.problem });
      continue;
    }
    const rank = lora.a.shape[0] ?? 0;
    scales.push({ path, rank, alpha: lora.scale * rank });
    tensors.set(loraKeys(path).a, lora.a).set(loraKeys(path).b, lora.b);
    const magnitude = parts.get("magnitude");
    if (magnitude === undefined) continue;
    const [rows = 0] = lora.b.shape;
    useDora = true;
    // LyCORIS can also store one magnitude for each input, which PEFT does not have.
    if (magnitude.values.length !== rows || (magnitude.shape[0] !== rows && magnitude.shape[1] !== rows))
      problems.push({ key: path, problem: "has magnitudes whose number is not that of the outputs" });
    else
      tensors.set(`${path}.lora_magnitude_vector`, {
        ...magnitude,
        shape: lora.b.shape.length > 2 ? [1, rows, 1, 1] : [rows],
      });
  }
  if (modules.size === 0 && problems.length === 0) problems.push({ key: "the file", problem: "has no tensors" });
  if (problems.length > 0) throw invalidAdapterTensorsError(name, problems);
  const metadata = new Map([...file.metadata].filter(([key]) => key !== "format"));
  return checkedAdapter({ config: configOfModules(scales, { useDora }), tensors, metadata }, name, options);
}

/** The keys of each module by part. */
function modulesOf(
  file: SafetensorsFile,
  problems: TensorProblem[],
): ReadonlyMap<string, ReadonlyMap<KohyaPart, string>> {
  const modules = new Map<string, Map<KohyaPart, string>>();
  for (const [key, { dtype, shape }] of file.tensors) {
    const parsed = parseKohyaKey(key);
    if (parsed === undefined) {
      problems.push({ key, problem: "is not a part of LoRA (down, up, alpha), LoHa, LoKr or DoRA (magnitude)" });
      continue;
    }
    const { path, part } = parsed;
    const parts = modules.get(path) ?? new Map<KohyaPart, string>();
    modules.set(path, parts);
    if (parts.has(part)) problems.push({ key, problem: `is a duplicate of "${parts.get(part)}"` });
    else if (part === "alpha" ? shape.some((size) => size !== 1) : !readableTypes.has(dtype) || shape.length === 0)
      problems.push({ key, problem: `has the type ${dtype} and the shape [${shape.join(", ")}]` });
    else parts.set(part, key);
  }
  return modules;
}
