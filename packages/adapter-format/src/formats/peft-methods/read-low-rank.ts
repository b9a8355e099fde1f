// Reads an adapter of another method of PEFT as the LoRA with the same update. Its rank is the product's, its α equals the rank.

import type { WarningListener } from "@lowrank/contracts";
import type { ModelConfig } from "@lowrank/contracts/families";
import { modulesOf } from "@lowrank/contracts/families/checkpoint";
import { describeValue } from "@lowrank/contracts/internal";
import { openSafetensors } from "@lowrank/safetensors";
import type { ByteSource } from "@lowrank/safetensors/internal";
import {
  BaseNeededError,
  invalidAdapterConfigError,
  invalidAdapterTensorsError,
  type TensorProblem,
} from "../../errors.ts";
import type { JsonValue } from "../../json.ts";
import type { Adapter, AdapterTensor, LoraConfig } from "../../lora-config.ts";
import { alphaOf, rankOf } from "../../targets/scaling.ts";
import { keyPrefix, loraKeys } from "../../tensor-keys.ts";
import { checkedAdapter, configOfModules, type ModuleScale } from "../checked-adapter.ts";
import { BadModule } from "../kohya/module-parts.ts";
import { loraConfigOf } from "../peft/parse-lora-config.ts";
import type { ReadAdapterOptions } from "../peft/read-options.ts";
import { factorsOf, type MethodModule } from "./low-rank-factors.ts";
import type { MethodConfig } from "./methods.ts";

const partOfModule = /^(.+)\.((?:hada|lokr|vera|lora|delora|miss|randlora|vblora|gralora)_\w+)$/;
const sharedNames = /^(vera_[AB]|randlora_[AB]|vblora_vector_bank)$/;

/** Throws INVALID_ADAPTER_CONFIG, and INVALID_ADAPTER_TENSORS for tensors that do not belong together. */
export async function readLowRank(
  { method, values }: MethodConfig,
  { source, file }: { readonly source: ByteSource; readonly file: string },
  options: ReadAdapterOptions,
): Promise<Adapter> {
  const settings = settingsOf(values, file);
  const weights = await openSafetensors(source, options.onWarning ? { onWarning: options.onWarning } : {});
  const [shared, others] = [new Map<string, AdapterTensor>(), new Map<string, AdapterTensor>()];
  const modules = new Map<string, Map<string, AdapterTensor>>();
  for (const [name, { shape }] of weights.tensors) {
    const key = name.startsWith(keyPrefix) ? name.slice(keyPrefix.length) : name.replace(/^base_model\./, "");
    const [, path, part = key] = partOfModule.exec(key) ?? [];
    // Each module has the shared tensors again.
    if (path !== undefined && sharedNames.test(part)) continue;
    const tensor = { shape, values: await weights.readFloat32(name) };
    if (path !== undefined) modules.set(path, (modules.get(path) ?? new Map()).set(part, tensor));
    else if (sharedNames.test(key)) shared.set(key, tensor);
    else others.set(key, tensor);
  }
  const { baseModel, taskType, modulesToSave, revision } = settings;
  const baseNeeded = new BaseNeededError(file, method, { baseModel, revision });
  const sizes = sizesFrom(options.base, baseNeeded);
  const setting = (key: string) => numberIn(values, key, file);
  const problems: TensorProblem[] =
    modules.size === 0 ? [{ key: "the file", problem: `has no tensors of ${method}` }] : [];
  const scales: ModuleScale[] = [];
  for (const [path, parts] of modules) {
    const module: MethodModule = {
      parts,
      shared,
      setting,
      rank: rankOf(settings, path),
      alpha: alphaOf(settings, path),
      sizes: () => sizes(path),
    };
    try {
      const { a, b } = await factorsOf[method](module);
      const rank = a.shape[0] ?? 0;
      scales.push({ path, rank, alpha: rank });
      others.set(loraKeys(path).a, a).set(loraKeys(path).b, b);
    } catch (thrown) {
      if (!(thrown instanceof BadModule)) throw thrown;
      problems.push({ key: path, problem: thrown.problem });
    }
  }
  if (problems.length > 0) throw invalidAdapterTensorsError(source.name, problems);
  const config = configOfModules(scales, { baseModel, taskType, modulesToSave, revision });
  const metadata = new Map([...weights.metadata].filter(([key]) => key !== "format"));
  warn(options.onWarning, method, scales);
  return checkedAdapter({ config, tensors: others, metadata }, source.name, options);
}

const commonKeys = "base_model_name_or_path task_type modules_to_save target_modules r lora_alpha revision".split(" ");

/** The fields that LoRA's configuration and the method's have in common. */
function settingsOf(values: ReadonlyMap<string, JsonValue>, file: string): LoraConfig {
  const bias = values.get("bias") ?? "none";
  if (bias !== "none" || values.get("init_weights") === "bat") {
    const [key, got] = bias === "none" ? ["init_weights", "bat"] : ["bias", bias];
    throw invalidAdapterConfigError(file, [
      { key, got: describeValue(got), expected: "another value: its update is not low-rank" },
    ]);
  }
  const patterns = values.get("peft_type") === "ADALORA" ? [] : ["rank_pattern", "alpha_pattern"];
  const names = [...commonKeys, ...patterns];
  const config = new Map([...values].filter(([key, value]) => names.includes(key) && value !== null));
  const alpha = values.get("alpha");
  if (typeof alpha === "number") config.set("lora_alpha", alpha);
  return loraConfigOf(config.set("peft_type", "LORA"), { file });
}

function numberIn(values: ReadonlyMap<string, JsonValue>, key: string, file: string): number {
  const value = values.get(key);
  if (typeof value === "number" && value >= 0) return value;
  throw invalidAdapterConfigError(file, [{ key, got: describeValue(value), expected: "a number" }]);
}

/** Looks up layers of the base by path, with or without its prefix. Throws `baseNeeded` without a base, BadModule if it has no such layer. */
function sizesFrom(
  base: ReadAdapterOptions["base"],
  baseNeeded: BaseNeededError,
): (path: string) => Promise<readonly [number, number]> {
  let found: ReadonlyMap<string, readonly [number, number]> | undefined;
  return async (path) => {
    const config: ModelConfig | undefined = found === undefined ? await base?.() : undefined;
    found ??=
      config &&
      new Map(
        modulesOf(config, "feature-extraction").flatMap((module) =>
          module.type === "linear" ? [[module.path, [module.outFeatures, module.inFeatures] as const]] : [],
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
