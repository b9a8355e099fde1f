// Checks that a model was exported from the base model of an adapter: compares some values of each adapted weight with the base's.

import { decodeToFloat32 } from "@lowrank/safetensors";
import { bitsOf, type TensorCollection, type TensorInfo } from "@lowrank/safetensors/internal";
import { type Misfit, onnxBaseError } from "../adapter/errors.ts";
import { rowsAndColumns, storedBytes } from "../model/node-attributes.ts";
import { floatTypeOf, type OnnxModel } from "../model/onnx-model.ts";
import { findSites } from "../sites/find-sites.ts";
import { isSameEnd, NamedSites } from "../sites/match-sites.ts";
import { type OnnxSite, outputsOf } from "../sites/onnx-site.ts";

/** Number of compared values of a weight: another base differs in nearly all of them. */
const samples = 16;
/** The largest difference of two roundings of one number: BF16's step, and F16's step near 0. */
const [relative, absolute] = [2 ** -7, 2 ** -20];

/**
 * Compares the weights of an adapter's modules `paths` with the base's, and returns the paths that could be compared: those with
 * float weights in both. `base` is the file or the shards of the base, as saved by transformers.
 *
 * @throws ONNX_BASE listing each module with a different weight.
 *
 * @example
 * ```ts
 * import { compareBase, type OnnxModel } from "@lowrank/merge/onnx";
 * import { openSafetensors } from "@lowrank/safetensors";
 * import { openFile } from "@lowrank/safetensors/node";
 *
 * export async function isOf(model: OnnxModel, base: string, paths: readonly string[]): Promise<boolean> {
 *   return (await compareBase(model, await openSafetensors(await openFile(base)), paths)).length > 0;
 * }
 * ```
 */
export async function compareBase(
  model: OnnxModel,
  base: TensorCollection,
  paths: readonly string[],
): Promise<readonly string[]> {
  const named = new NamedSites(findSites(model));
  const compared: string[] = [];
  const differences: Misfit[] = [];
  for (const path of paths) {
    const sites = named.find(path, ["linear", "embedding", "convolution"]);
    const tensor = tensorOf(path, base);
    const inModel = typeof sites === "string" ? undefined : modelMatrix(sites[0], model);
    if (inModel === undefined || tensor === undefined) continue;
    const difference = await firstDifference(inModel, tensor, base);
    if (difference === undefined) compared.push(path);
    else differences.push({ what: path, reason: difference });
  }
  if (differences.length > 0) throw onnxBaseError(model.name, differences);
  return compared;
}

/** The base's weight of a module. One of the two paths may have an additional prefix. */
function tensorOf(path: string, { tensors }: TensorCollection): TensorInfo | undefined {
  const name = `${path}.weight`;
  const [similar, ...others] = [...tensors.values()].filter((candidate) => isSameEnd(candidate.name, name));
  const tensor = tensors.get(name) ?? (others.length === 0 ? similar : undefined);
  return tensor !== undefined && /^(F32|F16|BF16)$/.test(tensor.dtype) ? tensor : undefined;
}

/** A weight as outputs × inputs in any layout; a convolution's kernel belongs to the inputs. */
interface Matrix {
  readonly outputs: number;
  readonly inputs: number;
  at(output: number, input: number): Promise<number>;
}

function modelMatrix(site: OnnxSite | undefined, { outside }: OnnxModel): Matrix | undefined {
  const { tensor, layout } = site?.weight ?? {};
  const type = tensor === undefined ? undefined : floatTypeOf(tensor.elementType);
  if (site === undefined || tensor?.bytes === undefined || type === undefined) return undefined;
  const [rows, columns] = rowsAndColumns(tensor.shape);
  const [all, inputs] = layout === "out-in" ? [rows, columns] : [columns, rows];
  const { begin, end } = outputsOf(site) ?? { begin: 0, end: all };
  const size = bitsOf(type) / 8;
  return {
    outputs: end - begin,
    inputs,
    at: async (output, input) => {
      const entry = layout === "out-in" ? (begin + output) * columns + input : input * columns + begin + output;
      const [value = Number.NaN] = decodeToFloat32(
        await storedBytes(tensor.bytes, [entry * size, (entry + 1) * size], outside),
        type,
      );
      return value;
    },
  };
}

/** A description of the first difference; undefined if the weights are equal. */
async function firstDifference(model: Matrix, tensor: TensorInfo, base: TensorCollection): Promise<string | undefined> {
  const [rows, columns] = rowsAndColumns(tensor.shape);
  const { outputs, inputs } = model;
  // torch's linear layers have a row for each output; embeddings and GPT-2's Conv1D have one for each input.
  const fitting = [
    ...(rows === outputs && columns === inputs ? [(output: number, input: number) => output * columns + input] : []),
    ...(rows === inputs && columns === outputs ? [(output: number, input: number) => input * columns + output] : []),
  ];
  if (fitting.length === 0) return `it maps ${inputs} to ${outputs}, but the base model's weight is [${tensor.shape}]`;
  const size = bitsOf(tensor.dtype) / 8;
  const positions = Array.from({ length: samples }, (_, index) => [
    Math.floor(outputs * ((index * 0.618) % 1)),
    Math.floor(inputs * ((index * 0.755) % 1)),
  ]) as readonly (readonly [number, number])[];
  let attributes: string | undefined;
  for (const entryOf of fitting) {
    const differing: string[] = [];
    for (const [output, input] of positions) {
      const range = { offset: entryOf(output, input) * size, length: size };
      const [theirs = Number.NaN] = decodeToFloat32(await base.readBytes(tensor.name, range), tensor.dtype);
      const ours = await model.at(output, input);
      const max = absolute + relative * Math.max(Math.abs(ours), Math.abs(theirs));
      if (!(Math.abs(ours - theirs) <= max))
        differing.push(`from input ${input} to output ${output} it has ${ours}, the base model ${theirs}`);
    }
    // A weight that an optimizer changed in a few places still counts as the same.
    if (differing.length <= samples / 4) return undefined;
    attributes ??= differing[0];
  }
  return attributes;
}
