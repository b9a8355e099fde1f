// Reads an adapter from a folder: PEFT's files, or another program's format if it is supported. For other formats the error names
// the program and the next step.

import { refuseUnknownOptions } from "@lowrank/contracts/internal";
import { openSafetensors } from "@lowrank/safetensors";
import { adapterFileMissingError, ForeignAdapterError, pickleWeightsError } from "../errors.ts";
import type { Adapter } from "../lora-config.ts";
import { type AdapterFolder, configName, pickleName, readConfigText, weightsName, withFile } from "./adapter-folder.ts";
import { readKohya } from "./kohya/read-kohya.ts";
import { mlxWeightsName, readMlx } from "./mlx/read-mlx.ts";
import { readAdapter } from "./peft/read-adapter.ts";
import { type ReadAdapterOptions, readAdapterNames } from "./peft/read-options.ts";
import { refuseForeign } from "./refuse-foreign.ts";

/**
 * Reads the adapter in a folder on any storage: PEFT's two files, MLX's, or one .safetensors file of Kohya's sd-scripts, LyCORIS
 * or diffusers. Modules of such a file keep its names until the adapter is attached to a model.
 *
 * @throws ADAPTER_FILE_MISSING if adapter_config.json or adapter_model.safetensors is missing.
 * @throws PICKLE_WEIGHTS for adapter_model.bin; ForeignAdapterError for formats that are not supported.
 * @throws The errors of `readAdapter` for invalid contents.
 * @example
 * ```ts
 * import { type AdapterFolder, readAdapterIn } from "@lowrank/adapter-format";
 *
 * const empty: AdapterFolder = {
 *   name: "nothing",
 *   list: async () => [],
 *   has: async () => false,
 *   open: (file) => Promise.reject(new Error(file)),
 * };
 * const refused = await readAdapterIn(empty).catch(({ code }) => code);
 * if (refused !== "ADAPTER_FILE_MISSING") throw new Error("unexpected");
 * ```
 */
export async function readAdapterIn(folder: AdapterFolder, options: ReadAdapterOptions = {}): Promise<Adapter> {
  refuseUnknownOptions("readAdapterIn", options, readAdapterNames);
  const [hasConfig, hasWeights] = await Promise.all([folder.has(configName), folder.has(weightsName)]);
  if (!hasConfig || !hasWeights) {
    const names = await folder.list();
    if (hasConfig && (await folder.has(mlxWeightsName))) return readMlx(folder, options);
    const [only, ...others] = names.filter((name) => name.endsWith(".safetensors"));
    const single = hasConfig || only === undefined || others.length > 0 ? undefined : only;
    const found = single === undefined ? undefined : await readKohya(folder, single, options);
    if (found !== undefined) return found;
    if (hasConfig && names.includes(pickleName)) throw pickleWeightsError(`${folder.name}/${pickleName}`);
    await refuseOthers(folder, names);
    if (!hasConfig) throw adapterFileMissingError(folder.name, configName, { advice: adviceOf(names) });
    throw adapterFileMissingError(folder.name, weightsName, { advice: adviceOf(names) });
  }
  const config = await readConfigText(folder);
  return withFile(folder, weightsName, (weights) => readAdapter({ config, weights, name: folder.name }, options));
}

/** Refuses other programs' formats by file names, and by the contents of weights that do not have PEFT's name. */
async function refuseOthers(folder: AdapterFolder, names: readonly string[]): Promise<void> {
  for (const file of names) refuseForeign(`${folder.name}/${file}`, "file", [file]);
  const file = names.find((name) => name.endsWith(".safetensors") && name !== weightsName);
  if (file === undefined) return;
  try {
    await withFile(folder, file, async (source) => {
      const { tensors } = await openSafetensors(source);
      refuseForeign(source.name, "tensor", tensors.keys());
    });
  } catch (error) {
    // A file that cannot be read does not identify the folder.
    if (error instanceof ForeignAdapterError) throw error;
  }
}

/** Where the adapter probably is, in the folder layouts of common trainers. */
function adviceOf(names: readonly string[]): string | undefined {
  const checkpoints = names.filter((name) => /^checkpoint-\d+$/.test(name));
  const newest = checkpoints.sort((one, other) => stepOf(other) - stepOf(one))[0];
  if (newest !== undefined) {
    return `A trainer saved adapters on its way into ${checkpoints.length} folders in it: take "${newest}", the last one.`;
  }
  if (names.some((name) => /^global_step\d+$/.test(name))) {
    return "DeepSpeed's global_step folders have a training state: use the adapter that the trainer saved next to them.";
  }
  if (names.includes("config.json")) return "It has a whole model, which needs no adapter.";
  return undefined;
}

function stepOf(name: string): number {
  return Number(name.replace(/\D/g, ""));
}
