// Stacks the LoRA weights of single experts. Before transformers 5 each expert's projection was a module: Mixtral's
// "block_sparse_moe.experts.3.w1", Qwen's "mlp.experts.3.gate_proj". Today the projections of all experts are two
// stacked parameters, and the router is a parameter too. PEFT 0.21.2 converts such files the same way:
// utils/transformers_weight_conversion.py.

import type { WarningListener } from "@lowrank/contracts";
import { createLoraConfig } from "../../config/create-lora-config.ts";
import { invalidAdapterTensorsError, type TensorProblem } from "../../errors.ts";
import type { Adapter, AdapterTensor, LoraConfig } from "../../lora-config.ts";
import { scalingOf } from "../../targets/scaling.ts";
import { loraKeys } from "../../tensor-keys.ts";

const expertKey =
  /^(.*\.)(?:block_sparse_moe|mlp)\.experts\.(\d{1,5})\.(w1|w2|w3|gate_proj|up_proj|down_proj)\.lora_([AB])\.weight$/;
const routerKey = /^(.*\.)(?:block_sparse_moe|mlp)\.gate\.lora_([AB])\.weight$/;

const projectionNames: Readonly<Record<string, string>> = { w1: "gate_proj", w2: "down_proj", w3: "up_proj" };

/** The stacked parameters in the order in which PEFT wraps them, each with the projections that it contains, one below the other. */
const stacks: readonly (readonly [parameter: string, projections: readonly string[]])[] = [
  ["gate_up_proj", ["gate_proj", "up_proj"]],
  ["down_proj", ["down_proj"]],
];

/** A parameter that replaces several adapted modules. */
interface Gathered {
  readonly path: string;
  readonly rank: number;
  readonly scale: number;
}

/**
 * Stacks the A and B of single experts for the model's stacked parameters; without single experts the adapter is returned
 * unchanged. Dropout is removed with a warning, because a stacked parameter has no input of its own.
 *
 * @param parameterPaths Paths of the model's parameters: "model.layers.0.mlp.experts.gate_up_proj".
 * @throws INVALID_ADAPTER_TENSORS if only some experts or projections of a stack have A and B, or if ranks or scales differ.
 */
export function gatherExperts(
  adapter: Adapter,
  parameterPaths: readonly string[],
  onWarning?: WarningListener,
): Adapter {
  const { mixtures, tensors, gathered } = sortTensors(adapter, new Set(parameterPaths));
  if (mixtures.size === 0 && gathered.length === 0) return adapter;
  const problems: TensorProblem[] = [];
  for (const [layer, mixture] of mixtures) {
    const present = stacks.filter(([, projections]) => projections.some((projection) => mixture.has(projection)));
    for (const [index, [parameter, projections]] of present.entries()) {
      const stackPath = `${layer}mlp.experts`;
      const stack = stackMatrices(projections.map((projection) => mixture.get(projection)));
      if (typeof stack === "string") problems.push({ key: `${stackPath}.${parameter}`, problem: stack });
      else {
        const { a, b } = loraKeys(stackPath + ".base_layer".repeat(present.length - 1 - index));
        tensors.set(a, stack.a).set(b, stack.b);
        gathered.push({ ...stack, path: `${stackPath}.${parameter}` });
      }
    }
  }
  if (problems.length > 0) throw invalidAdapterTensorsError("an adapter of single experts", problems);
  const { dropout } = adapter.config;
  if (dropout > 0) {
    const message = `The adapter's dropout of ${dropout} is ignored: its experts are one stack of weights here, which has no input to drop.`;
    onWarning?.({ code: "DROPOUT_LEFT_OUT", message });
  }
  return { ...adapter, tensors, config: gatheredConfig(adapter.config, { gathered, tensors, parameterPaths }) };
}

interface SortedTensors {
  /** A and B of experts, by layer, then by projection. */
  readonly mixtures: ReadonlyMap<string, ReadonlyMap<string, ExpertMatrices>>;
  /** All other tensors; those of routers, which are in `gathered`, have their new keys. */
  readonly tensors: Map<string, AdapterTensor>;
  readonly gathered: Gathered[];
}

function sortTensors(adapter: Adapter, parameterPaths: ReadonlySet<string>): SortedTensors {
  const mixtures = new Map<string, Map<string, ExpertMatrices>>();
  const tensors = new Map<string, AdapterTensor>();
  const gathered: Gathered[] = [];
  const scaleOf = (key: string) => scalingOf(adapter.config, key.slice(0, key.lastIndexOf(".lora_")));
  for (const [key, tensor] of adapter.tensors) {
    const [, layer, expert = "", projection = "", matrix] = expertKey.exec(key) ?? [];
    const [, router, routerMatrix] = routerKey.exec(key) ?? [];
    if (layer !== undefined && parameterPaths.has(`${layer}mlp.experts.gate_up_proj`)) {
      const mixture = mixtures.get(layer) ?? new Map<string, ExpertMatrices>();
      const name = projectionNames[projection] ?? projection;
      const matrices = mixture.get(name) ?? { a: [], b: [], scale: scaleOf(key) };
      matrices[matrix === "A" ? "a" : "b"][Number(expert)] = tensor;
      mixtures.set(layer, mixture.set(name, matrices));
    } else if (router !== undefined && parameterPaths.has(`${router}mlp.gate.weight`)) {
      tensors.set(`${router}mlp.gate.lora_${routerMatrix}.weight`, tensor);
      const [rank = 0] = tensor.shape;
      if (routerMatrix === "A") gathered.push({ path: `${router}mlp.gate.weight`, rank, scale: scaleOf(key) });
    } else tensors.set(key, tensor);
  }
  return { mixtures, tensors, gathered };
}

interface GatheredFacts {
  readonly gathered: readonly Gathered[];
  readonly tensors: ReadonlyMap<string, AdapterTensor>;
  readonly parameterPaths: readonly string[];
}

/** Replaces targets and patterns by the new names. As in PEFT, two joined projections need twice the rank. */
function gatheredConfig(config: LoraConfig, { gathered, tensors, parameterPaths }: GatheredFacts): LoraConfig {
  const { targetModules, targetParameters, rankStabilized } = config;
  const modules = [...tensors.keys()].map((key) => key.slice(0, Math.max(0, key.lastIndexOf(".lora_"))));
  const isLeft = (target: string) => modules.some((path) => path === target || path.endsWith(`.${target}`));
  const named = gathered.map((stack) => ({ ...stack, name: nameOf(stack, gathered, parameterPaths) }));
  const alphaFor = ({ rank, scale }: Gathered) => scale * (rankStabilized ? Math.sqrt(rank) : rank);
  return {
    ...config,
    // The version decides which sides of a stack A and B have.
    peftVersion: createLoraConfig().peftVersion,
    dropout: 0,
    targetModules: typeof targetModules === "string" ? targetModules : (targetModules?.filter(isLeft) ?? null),
    targetParameters: [...new Set([...(targetParameters ?? []), ...named.map(({ name }) => name)])],
    rankPattern: new Map([...named.map(({ name, rank }) => [name, rank] as const), ...config.rankPattern]),
    alphaPattern: new Map([...named.map((stack) => [stack.name, alphaFor(stack)] as const), ...config.alphaPattern]),
  };
}

/** The end of the path, "mlp.gate.weight", if it means the same in all layers; else the full path. */
function nameOf({ path, rank, scale }: Gathered, all: readonly Gathered[], parameterPaths: readonly string[]): string {
  const end = path.slice(path.lastIndexOf(".mlp.") + 1);
  const alike = new Set(all.filter((same) => same.rank === rank && same.scale === scale).map((same) => same.path));
  return parameterPaths.every((other) => !other.endsWith(`.${end}`) || alike.has(other)) ? end : path;
}

/** A and B of one projection, by expert. */
interface ExpertMatrices {
  /** [rank, inFeatures] each */
  readonly a: AdapterTensor[];
  /** [outFeatures, rank] each */
  readonly b: AdapterTensor[];
  /** The scale of each product. */
  readonly scale: number;
}

interface StackedMatrices {
  /** [experts · rank, inFeatures]; the rows of an expert are adjacent */
  readonly a: AdapterTensor;
  /** [outFeatures, rank · experts]; the columns of a rank are adjacent */
  readonly b: AdapterTensor;
  readonly rank: number;
  readonly scale: number;
}

/** A and B of a stack, or the reason why there are none. The projections keep their own ranks, so B is block diagonal as in PEFT. */
function stackMatrices(projections: readonly (ExpertMatrices | undefined)[]): StackedMatrices | string {
  const matrices = projections.flatMap((projection) => projection ?? []);
  if (matrices.length < projections.length)
    return "only one of its two projections has LoRA weights, which PEFT cannot read either";
  const experts = Math.max(...matrices.flatMap(({ a, b }) => [a.length, b.length]));
  const [rank = 0, inFeatures = 0] = matrices[0]?.a.find((tensor) => tensor !== undefined)?.shape ?? [];
  const outs = matrices.map(({ b }) => b.find((tensor) => tensor !== undefined)?.shape[0] ?? 0);
  const isAlike = matrices.every(({ a, b, scale }, projection) =>
    Array.from({ length: experts }).every(
      (_, expert) =>
        isShaped(a[expert], rank, inFeatures) &&
        isShaped(b[expert], outs[projection] ?? 0, rank) &&
        scale === matrices[0]?.scale,
    ),
  );
  if (!isAlike) return "some experts lack matrices A and B, or differ in rank or scale";
  const stackRank = rank * matrices.length;
  const aValues = new Float32Array(experts * stackRank * inFeatures);
  const outFeatures = outs.reduce((sum, out) => sum + out, 0);
  const bValues = new Float32Array(outFeatures * stackRank * experts);
  for (let expert = 0; expert < experts; expert += 1) {
    let firstRow = 0;
    for (const [projection, { a, b }] of matrices.entries()) {
      aValues.set(a[expert]?.values ?? [], (expert * stackRank + projection * rank) * inFeatures);
      const values = b[expert]?.values ?? [];
      const out = outs[projection] ?? 0;
      for (let row = 0; row < out; row += 1) {
        for (let column = 0; column < rank; column += 1) {
          bValues[(firstRow + row) * stackRank * experts + (projection * rank + column) * experts + expert] =
            values[row * rank + column] ?? 0;
        }
      }
      firstRow += out;
    }
  }
  return {
    a: { shape: [experts * stackRank, inFeatures], values: aValues },
    b: { shape: [outFeatures, stackRank * experts], values: bValues },
    rank: stackRank,
    scale: matrices[0]?.scale ?? 0,
  };
}

function isShaped(tensor: AdapterTensor | undefined, rows: number, columns: number): boolean {
  return tensor?.shape.length === 2 && tensor.shape[0] === rows && tensor.shape[1] === columns;
}
