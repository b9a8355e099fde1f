// Why an output is not written to.

import { failure, named, namingFailure } from "./named-option.ts";

const out = named("out");

export function outputExists(path: string) {
  const message = `"${path}" exists already. Choose another ${out}, or add ${named("overwrite")} to replace it.`;
  return namingFailure("OUTPUT_EXISTS", message, { path });
}

/** The output path is, or holds, something that the command reads; `overwrite` would destroy it. */
export function outputIsInput(path: string, input: string) {
  const message = `${out} "${path}" would replace "${input}", which this command reads. Choose another ${out}.`;
  return namingFailure("OUTPUT_IS_INPUT", message, { path, input });
}

/** The output path lies in a folder that the command reads, and is to leave as it was. */
export function outputInsideInput(path: string, input: string) {
  const message = `${out} "${path}" lies in "${input}", which this command reads and leaves as it is. Name a folder beside it.`;
  return namingFailure("OUTPUT_INSIDE_INPUT", message, { path, input });
}

/** The output path is, or holds, the current folder; `overwrite` would destroy what one works on. */
export function outputHoldsWork(path: string) {
  const message = `${out} "${path}" is the current folder or contains it. Name a folder of its own.`;
  return namingFailure("OUTPUT_HOLDS_WORK", message, { path });
}

/** Another run is writing to the output at this moment; its holder is undefined where the lock does not say who it is. */
export function outputInUse(
  path: string,
  lock: string,
  holder: { readonly pid: number; readonly host: string } | undefined,
) {
  const { pid, host } = holder ?? {};
  const who = holder === undefined ? "Another run" : `Another run (process ${pid} on ${host})`;
  const message = `${who} is writing to ${out} "${path}". Choose another ${out}, or wait for it. If it is no longer there, remove "${lock}".`;
  return namingFailure("OUTPUT_IN_USE", message, { path, lock, pid, host });
}

/** Something that no run made lies where the output's lock is to be. */
export function outputLockBlocked(path: string, lock: string) {
  const message =
    `${out} "${path}" cannot be claimed: "${lock}" is in the way, which no run of lowrank made (a link, a folder, a pipe). ` +
    `Remove it, or choose another ${out}.`;
  return namingFailure("OUTPUT_LOCK_BLOCKED", message, { path, lock });
}

/** `overwrite` names something that no run of lowrank wrote. */
export function outputNotOurs(path: string, reason: string) {
  const message =
    `${named("overwrite")} replaces what an earlier run wrote, but "${path}" is somebody else's: ${reason}. ` +
    `Name another ${out}, or remove it yourself.`;
  return namingFailure("OUTPUT_NOT_OURS", message, { path, reason });
}

/** Nothing can be made in `folder`, which would hold the output, or is the nearest one above it that exists. */
export function outputNotWritable(
  path: string,
  facts: { readonly folder: string; readonly reason: string; readonly cause?: unknown },
) {
  const message = `${out} "${path}" cannot be written in "${facts.folder}": ${facts.reason}. Choose another ${out}.`;
  return namingFailure("OUTPUT_NOT_WRITABLE", message, { path, ...facts });
}

/** A file in the base's own types was asked for, and the base is no .gguf file. */
export function ownTypes(base: string) {
  const message = `"${base}" is no .gguf file, whose types a merged one could keep. Name a type: F16, Q8_0, Q4_K_M.`;
  return failure("OWN_TYPES", message, { base });
}
