// Errors about the output path.

import { failure } from "@lowrank/contracts/internal";
import { named, namingFailure } from "./named-option.ts";

const out = named("out");

export function outputExists(path: string) {
  const message = `"${path}" already exists. Choose another ${out}, or add ${named("overwrite")} to replace it.`;
  return namingFailure("OUTPUT_EXISTS", message, { path });
}

/** The output path is, or contains, an input of the command; `overwrite` would destroy it. */
export function outputIsInput(path: string, input: string) {
  const message = `${out} "${path}" would replace "${input}", which this command reads. Choose another ${out}.`;
  return namingFailure("OUTPUT_IS_INPUT", message, { path, input });
}

/** The output path is inside a folder that the command reads and must not change. */
export function outputInsideInput(path: string, input: string) {
  const message = `${out} "${path}" is inside "${input}", which this command reads and must not change. Choose a folder outside of it.`;
  return namingFailure("OUTPUT_INSIDE_INPUT", message, { path, input });
}

/** The output path is, or contains, the current folder; `overwrite` would destroy the user's work. */
export function outputHoldsWork(path: string) {
  const message = `${out} "${path}" is the current folder or contains it. Choose a folder for this output alone.`;
  return namingFailure("OUTPUT_HOLDS_WORK", message, { path });
}

/** Another run is writing to the output; `holder` is undefined if the lock file does not name it. */
export function outputInUse(
  path: string,
  lock: string,
  holder: { readonly pid: number; readonly host: string } | undefined,
) {
  const { pid, host } = holder ?? {};
  const who = holder === undefined ? "Another run" : `Another run (process ${pid} on ${host})`;
  const message = `${who} is writing to ${out} "${path}". Choose another ${out}, or wait for that run to end. If it is no longer running, remove "${lock}".`;
  return namingFailure("OUTPUT_IN_USE", message, { path, lock, pid, host });
}

/** The path of the output's lock is taken by something that no run made. */
export function outputLockBlocked(path: string, lock: string) {
  const message =
    `Cannot lock ${out} "${path}": "${lock}" exists and is not a lock file of lowrank (a link, a folder, a pipe). ` +
    `Remove it, or choose another ${out}.`;
  return namingFailure("OUTPUT_LOCK_BLOCKED", message, { path, lock });
}

/** `overwrite` would replace something that lowrank did not write. */
export function outputNotOurs(path: string, reason: string) {
  const message =
    `${named("overwrite")} only replaces output of an earlier run. It does not replace "${path}": ${reason}. ` +
    `Choose another ${out}, or remove it yourself.`;
  return namingFailure("OUTPUT_NOT_OURS", message, { path, reason });
}

/** Nothing can be created in `folder`, which is the output's folder or its nearest existing parent. */
export function outputNotWritable(
  path: string,
  facts: { readonly folder: string; readonly reason: string; readonly cause?: unknown },
) {
  const message = `Cannot write ${out} "${path}" in "${facts.folder}": ${facts.reason}. Choose another ${out}.`;
  return namingFailure("OUTPUT_NOT_WRITABLE", message, { path, ...facts });
}

/** Weights would be larger than a protobuf message may be. */
export function onnxTooLarge(file: string, bytes: number) {
  const size = `${(bytes / 1e9).toFixed(1)} GB`;
  const message = `"${file}" would have weights of ${size}, and an ONNX file holds 2 GB. Write 8-bit weights alone (INT8), or merge into a folder or GGUF.`;
  return failure("ONNX_TOO_LARGE", message, { file, bytes });
}

/** The merged file should keep the base's types, but the base is not a .gguf file. */
export function notGguf(base: string) {
  const message = `Cannot keep the tensor types of "${base}": it is not a .gguf file. Choose a type: F16, Q8_0, Q4_K_M.`;
  return failure("OWN_TYPES", message, { base });
}
