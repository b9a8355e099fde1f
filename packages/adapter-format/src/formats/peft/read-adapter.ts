// An adapter's files → an adapter, or one error that says everything that is wrong.

import { type OptionNames, refuseUnknownOptions, type WarningListener } from "@lowrank/contracts";
import { type ByteSource, bytesSource, openSafetensors, type SafetensorsFile } from "@lowrank/safetensors";
import type { Adapter, AdapterTensor } from "../../adapter.ts";
import { withTaskModules } from "../../config/create-lora-config.ts";
import { InvalidAdapterTensorsError, PickleWeightsError, type TensorProblem } from "../../errors.ts";
import { currentName, keyPrefix, withoutDefaultName } from "../../tensor-keys.ts";
import { refuseForeign } from "../refuse-foreign.ts";
import { tensorProblems } from "./check-tensors.ts";
import { firstNonFinite } from "./first-non-finite.ts";
import { isLeftOut } from "./left-out-tensors.ts";
import { parseLoraConfig } from "./parse-lora-config.ts";
import { patternOrderWarnings } from "./pattern-order.ts";

/** The files of an adapter. */
export interface AdapterFiles {
  /** The text of adapter_config.json. */
  readonly config: string;
  /** adapter_model.safetensors. */
  readonly weights: Uint8Array | ByteSource;
  /** The adapter's name in messages: its folder. */
  readonly name?: string;
}

/** How to read an adapter. */
export interface ReadAdapterOptions {
  readonly onWarning?: WarningListener;
  /** Accept NaN and infinity in the tensors. */
  readonly allowNonFinite?: boolean;
}

export const readAdapterNames: OptionNames<ReadAdapterOptions> = { onWarning: true, allowNonFinite: true };

const readableTypes: ReadonlySet<string> = new Set(["F32", "F16", "BF16"]);

/**
 * Reads and checks an adapter.
 *
 * @throws InvalidAdapterConfigError, UnsupportedPeftTypeError for the configuration.
 * @throws PickleWeightsError for weights in Python's pickle format, whatever the file is called.
 * @throws ForeignAdapterError for an adapter of MLX, Kohya, diffusers or llama.cpp.
 * @throws SafetensorsError for a damaged weights file.
 * @throws InvalidAdapterTensorsError listing unknown names, half pairs, wrong ranks and types, and values that are no
 * numbers.
 * @example
 * ```ts
 * import { createLoraConfig, readAdapter, writeAdapter } from "@lowrank/adapter-format";
 *
 * const tensors = new Map([
 *   ["q.lora_A.weight", { shape: [1, 2], values: Float32Array.of(1, 2) }],
 *   ["q.lora_B.weight", { shape: [3, 1], values: Float32Array.of(4, 5, 6) }],
 * ]);
 * const config = createLoraConfig({ rank: 1, targetModules: ["q"] });
 * const files = writeAdapter({ config, tensors, metadata: new Map() });
 * const adapter = await readAdapter({
 *   config: files["adapter_config.json"],
 *   weights: files["adapter_model.safetensors"],
 * });
 * if (adapter.tensors.size !== 2) throw new Error("lost");
 * ```
 */
export async function readAdapter(files: AdapterFiles, options: ReadAdapterOptions = {}): Promise<Adapter> {
  refuseUnknownOptions("readAdapter", options, readAdapterNames);
  const folder = files.name === undefined ? "" : `${files.name}/`;
  const listener = options.onWarning ? { onWarning: options.onWarning } : {};
  const parsed = parseLoraConfig(files.config, { file: `${folder}adapter_config.json`, ...listener });
  // PEFT up to 0.10 wrote a classifier without naming it.
  const config = withTaskModules(parsed);
  const source =
    files.weights instanceof Uint8Array
      ? bytesSource(files.weights, `${folder}adapter_model.safetensors`)
      : files.weights;
  await refuseOtherFiles(source);
  const file = await openSafetensors(source, listener);
  const foreign = [...file.tensors.keys()].filter((name) => !name.startsWith(keyPrefix));
  refuseForeign(
    source.name,
    foreign.map((tensor) => ({ tensor })),
  );

  const keys = new Map([...file.tensors.keys()].map((name) => [withoutDefaultName(withoutPrefix(name)), name]));
  const needed = new Map([...keys].filter(([key]) => !isLeftOut(config, key, keys)));
  const shapes = new Map([...needed].map(([key, name]) => [key, { shape: file.tensors.get(name)?.shape ?? [] }]));
  const named = [...prefixProblems(file, keys), ...typeProblems(file), ...tensorProblems(config, shapes)];
  const { tensors, problems } = await readTensors(file, needed, options);
  if (named.length + problems.length > 0) throw new InvalidAdapterTensorsError(source.name, [...named, ...problems]);
  for (const warning of patternOrderWarnings(config, tensors.keys())) options.onWarning?.(warning);
  const metadata = new Map([...file.metadata].filter(([key]) => key !== "format"));
  return { config, tensors, metadata };
}

async function refuseOtherFiles(source: ByteSource): Promise<void> {
  const start = await source.read(0, Math.min(4, source.size));
  refuseForeign(source.name, [{ start: String.fromCharCode(...start) }]);
  const [first, second] = start;
  // A zip archive (PyTorch since 1.6), or the pickle opcode "protocol 2 to 5".
  const isZip = first === 0x50 && second === 0x4b;
  const isPickle = first === 0x80 && second !== undefined && second >= 2 && second <= 5;
  if ((isZip || isPickle) && !(await looksLikeSafetensors(source))) throw new PickleWeightsError(source.name);
}

/** A header of 0x4b50 bytes begins like a zip archive; then, after its length, comes a brace. */
async function looksLikeSafetensors(source: ByteSource): Promise<boolean> {
  if (source.size < 9) return false;
  const head = await source.read(0, 9);
  return head[8] === 0x7b && head.subarray(4, 8).every((byte) => byte === 0);
}

function withoutPrefix(name: string): string {
  return name.startsWith(keyPrefix) ? name.slice(keyPrefix.length) : name;
}

function prefixProblems(file: SafetensorsFile, keys: ReadonlyMap<string, string>): readonly TensorProblem[] {
  const names = [...file.tensors.keys()];
  const bare = names.filter((name) => !name.startsWith(keyPrefix));
  const problems = bare.map((key) => ({ key, problem: `does not start with "${keyPrefix}"` }));
  if (names.length === 0) return [{ key: "the file", problem: "holds no tensors" }];
  return keys.size === names.length ? problems : [...problems, { key: "the file", problem: "names a tensor twice" }];
}

function typeProblems(file: SafetensorsFile): readonly TensorProblem[] {
  return [...file.tensors]
    .filter(([name]) => !isReadable(file, name))
    .map(([key, { dtype }]) => ({ key, problem: `has the type ${dtype}; adapters have F32, F16 or BF16` }));
}

function isReadable(file: SafetensorsFile, name: string): boolean {
  return readableTypes.has(file.tensors.get(name)?.dtype ?? "");
}

/** Values are looked at even where names or shapes are wrong: whoever mends a file wants to hear everything at once. */
async function readTensors(
  file: SafetensorsFile,
  keys: ReadonlyMap<string, string>,
  { allowNonFinite = false }: ReadAdapterOptions,
): Promise<{ readonly tensors: ReadonlyMap<string, AdapterTensor>; readonly problems: readonly TensorProblem[] }> {
  const tensors = new Map<string, AdapterTensor>();
  const problems: TensorProblem[] = [];
  for (const [key, name] of keys) {
    if (!isReadable(file, name)) continue;
    const values = await file.readFloat32(name);
    const broken = allowNonFinite ? -1 : firstNonFinite(values);
    if (broken >= 0) problems.push({ key, problem: `has ${values[broken]} at position ${broken}` });
    tensors.set(currentName(key), { shape: file.tensors.get(name)?.shape ?? [], values });
  }
  return { tensors, problems };
}
