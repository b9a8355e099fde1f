// Reads an adapter of another method of PEFT as the LoRA with the same update. Its rank is the product's, its α equals the rank.

import type { WarningListener } from "@lowrank/contracts";
import type { ModelConfig } from "@lowrank/contracts/families";
import { modulesOf } from "@lowrank/contracts/families/checkpoint";
import { openSafetensors } from "@lowrank/safetensors";
import type { ByteSource } from "@lowrank/safetensors/internal";
import { BaseNeededError, invalidAdapterTensorsError, type TensorProblem } from "../../errors.ts";
import type { Adapter, AdapterTensor } from "../../lora-config.ts";
import { keyPrefix, loraKeys, parseTensorKey } from "../../tensor-keys.ts";
import { checkedAdapter, configOfModules, type ModuleScale } from "../checked-adapter.ts";
import { BadModule } from "../kohya/module-parts.ts";
import { typeProblems } from "../peft/check-tensors.ts";
import type { ReadAdapterOptions } from "../peft/read-options.ts";
import { factorsOf } from "./low-rank-factors.ts";
import { readMethodConfig } from "./method-config.ts";
import type { MethodConfig } from "./methods.ts";
import { checkShapes, type LayerSizes, sizesByTensors } from "./tensor-shapes.ts";

const partOfModule = /^(.+)\.((?:hada|lokr|vera|lora|delora|miss|randlora|vblora|gralora)_\w+)$/;
const sharedNames = /^(vera_[AB]|randlora_[AB]|vblora_vector_bank)$/;
const isSharedKey = (name: string) =>
  name.startsWith("base_model.") && sharedNames.test(name.slice("base_model.".length));
/** VB-LoRA's are the only integers. */
const indexNames = /\.vblora_logits_[AB]_topk_indices$/;

/** Throws INVALID_ADAPTER_CONFIG, and INVALID_ADAPTER_TENSORS for tensors that do not belong together. */
export async function readLowRank(
  { method, values }: MethodConfig,
  { source, file }: { readonly source: ByteSource; readonly file: string },
  options: ReadAdapterOptions,
): Promise<Adapter> {
  const config = readMethodConfig({ method, values }, { file, onWarning: options.onWarning });
  const weights = await openSafetensors(source, options.onWarning ? { onWarning: options.onWarning } : {});
  const problems: TensorProblem[] = [...typeProblems(weights, indexNames)];
  if (problems.length > 0) throw invalidAdapterTensorsError(source.name, problems);
  const [shared, others] = [new Map<string, AdapterTensor>(), new Map<string, AdapterTensor>()];
  const modules = new Map<string, Map<string, AdapterTensor>>();
  // Shared tensors first: modules have copies of them.
  const names = [...weights.tensors.keys()].sort((one, other) => +isSharedKey(other) - +isSharedKey(one));
  for (const name of names) {
    if (!name.startsWith(keyPrefix) && !isSharedKey(name)) {
      problems.push({ key: name, problem: `does not start with "${keyPrefix}"` });
      continue;
    }
    const key = isSharedKey(name) ? name.slice("base_model.".length) : name.slice(keyPrefix.length);
    const [, path, part = key] = partOfModule.exec(key) ?? [];
    const tensor = { shape: weights.tensors.get(name)?.shape ?? [], values: await weights.readFloat32(name) };
    if (path !== undefined && sharedNames.test(part)) {
      if (!isSame(tensor, shared.get(part)))
        problems.push({ key: name, problem: `differs from base_model.${part}, which all modules share` });
      continue;
    }
    if (path !== undefined) modules.set(path, (modules.get(path) ?? new Map()).set(part, tensor));
    else if (sharedNames.test(key)) shared.set(key, tensor);
    else others.set(key, tensor);
    if (path === undefined && parseTensorKey(key)?.part.startsWith("lora_"))
      problems.push({ key: name, problem: `is no tensor of ${method}` });
  }
  const { baseModel = null, revision = null } = config.kept;
  const sizes = sizesFrom(options.base, new BaseNeededError(file, method, { baseModel, revision }));
  if (modules.size === 0) problems.push({ key: "the file", problem: `has no tensors of ${method}` });
  const scales: ModuleScale[] = [];
  for (const [path, parts] of modules) {
    try {
      const module = { parts, shared, ...config, ...config.scaleOf(path) };
      const layer = { ...module, ...(sizesByTensors(method, module) ?? (await sizes(path))) };
      checkShapes(method, layer);
      const { a, b } = factorsOf[method](layer);
      const rank = a.shape[0] ?? 0;
      scales.push({ path, rank, alpha: rank });
      others.set(loraKeys(path).a, a).set(loraKeys(path).b, b);
    } catch (thrown) {
      if (!(thrown instanceof BadModule)) throw thrown;
      problems.push({ key: path, problem: thrown.problem });
    }
  }
  if (problems.length > 0) throw invalidAdapterTensorsError(source.name, problems);
  const metadata = new Map([...weights.metadata].filter(([key]) => key !== "format"));
  warn(options.onWarning, method, scales);
  const adapter = { config: configOfModules(scales, config.kept), tensors: others, metadata };
  return checkedAdapter(adapter, source.name, options);
}

function isSame({ shape, values }: AdapterTensor, other: AdapterTensor | undefined): boolean {
  return String(shape) === String(other?.shape) && values.every((value, index) => value === other?.values[index]);
}

/** Looks up layers of the base by path, with or without its prefix. Throws `baseNeeded` without a base, BadModule if it has no such layer. */
function sizesFrom(
  base: ReadAdapterOptions["base"],
  baseNeeded: BaseNeededError,
): (path: string) => Promise<LayerSizes> {
  let found: ReadonlyMap<string, LayerSizes> | undefined;
  return async (path) => {
    const config: ModelConfig | undefined = found === undefined ? await base?.() : undefined;
    found ??=
      config &&
      new Map(
        modulesOf(config, "feature-extraction").flatMap((module) =>
          module.type === "linear" ? [[module.path, module] as const] : [],
        ),
      );
    if (found === undefined) throw baseNeeded;
    const parts = path.split(".");
    const name = parts.map((_, index) => parts.slice(index).join(".")).find((end) => found?.has(end));
    const sizes = name === undefined ? undefined : found.get(name);
    if (sizes === undefined) throw new BadModule("is no linear layer of the base");
    return sizes;
  };
}

function warn(onWarning: WarningListener | undefined, method: string, scales: readonly ModuleScale[]): void {
  const ranks = scales.map(({ rank }) => rank);
  onWarning?.({
    code: "READ_AS_LORA",
    message:
      `The adapter's method is ${method}. It is read as LoRA with exactly the same update, of rank ${Math.max(...ranks)} at most. ` +
      "lowrank reduce --energy 0.99 makes it smaller.",
  });
}
