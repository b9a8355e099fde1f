// Whether an ONNX model is the one that an adapter was trained on, where its base lies on this machine.

import { escapeControls, LowrankError } from "@lowrank/contracts";
import { compareBase, OnnxBaseError, type OnnxModel } from "@lowrank/merge/onnx";
import { openFolder } from "@lowrank/models/node";
import { openFolderWeights } from "@lowrank/safetensors";
import { BaseNotFoundError } from "../../errors/model-errors.ts";
import { findBase } from "../../node/base-of.ts";
import { exists } from "../../node/exists.ts";
import { sourceContext } from "../open-model.ts";
import { pathsOf } from "../options/named-adapters.ts";
import type { Report } from "../terminal/report.ts";
import type { ExportOptions } from "./export-without-base.ts";

/** How many weights were compared, and found the same; 0 where there is no base to compare with, which is said. Throws what `compareBase` does. */
export async function compareWithBase(
  model: OnnxModel,
  paths: readonly string[],
  { adapter, allowDifferentBase }: ExportOptions,
  report: Report,
): Promise<number> {
  if (allowDifferentBase === true) return 0;
  const [first = ""] = pathsOf(adapter);
  const base = await findBase(first, sourceContext(report)).catch((error: unknown) => {
    if (error instanceof BaseNotFoundError) return undefined;
    throw error;
  });
  // A name of the Hub is no reason to download gigabytes, and a .gguf file's numbers are rounded ones.
  const isFolder = base !== undefined && !base.endsWith(".gguf") && (await exists(base));
  const weights = isFolder ? await openFolderWeights(openFolder(base)) : undefined;
  if (weights === undefined) {
    report.note(`${model.name} was not compared with the adapter's base, whose weights are not on this machine`);
    return 0;
  }
  try {
    const same = await compareBase(model, weights.collection, paths);
    const where = escapeControls(base ?? "");
    if (same.length > 0) report.note(`${same.length} weights compared with ${where}: they are the same`);
    else report.note(`no weight could be compared with ${where}: none is there as floats in both`);
    return same.length;
  } catch (error) {
    if (!(error instanceof OnnxBaseError)) throw error;
    const message = `${error.message} If its weights are meant to be others, say --allow-different-base.`;
    throw new LowrankError(error.code, message, { cause: error });
  } finally {
    await weights.collection.close();
  }
}
