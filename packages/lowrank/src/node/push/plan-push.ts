// Decides which files are sent to the Hub, and where, before anything is sent.

import { failure } from "@lowrank/contracts/internal";
import { parseHubName, pathInRepository } from "../../open/hub-name.ts";

/** A file on this disk. */
export interface LocalFile {
  /** In the folder, with "/" between its parts. */
  readonly path: string;
  readonly bytes: number;
}

/** The plan of a push. */
export interface PushPlan {
  readonly kind: "adapter" | "model" | "gguf" | "file";
  /** "owner/name" */
  readonly repository: string;
  /** The branch. */
  readonly revision: string;
  readonly files: readonly (LocalFile & {
    /** In the repository. */
    readonly to: string;
  })[];
  readonly bytes: number;
  /** Files of the folder that are not sent: hidden files, training state, pickles. */
  readonly left: readonly string[];
}

/** The files of adapters, models and tokenizers. */
const sent =
  /^(?:1_Pooling\/)?[^./][^/]*\.(?:json|safetensors|gguf|md|txt|jinja|model|spm|svg)$|^(?:LICENSE|Modelfile)$/;
/** The training state of a run. */
const state = /^(?:optimizer|scheduler|rng_state|trainer_state|training_args|run)\b/;

/** Throws PUSH for an invalid name, and for a folder without an adapter or a model. */
export function planPush(source: string, target: string, found: readonly LocalFile[]): PushPlan {
  const name = parseHubName(target);
  if (name === undefined || name.file !== undefined) {
    throw pushError(
      source,
      target,
      "the target is not a name on the Hub. Expected: owner/name, owner/name/folder or owner/name@branch.",
    );
  }
  const { repository, revision } = name;
  const chosen = found.filter(({ path }) => sent.test(path) && !state.test(path));
  const kind = kindOf(chosen.map(({ path }) => path));
  if (kind === undefined) {
    throw pushError(
      source,
      target,
      "the source has no adapter (adapter_config.json), no model (config.json) and no .gguf or .safetensors file.",
    );
  }
  return {
    kind,
    repository,
    revision,
    files: chosen.map((file) => ({ ...file, to: pathInRepository(name, file.path) })),
    bytes: chosen.reduce((sum, { bytes }) => sum + bytes, 0),
    left: found.filter((file) => !chosen.includes(file)).map(({ path }) => path),
  };
}

function kindOf(paths: readonly string[]): PushPlan["kind"] | undefined {
  const has = (pattern: RegExp) => paths.some((path) => pattern.test(path));
  if (has(/^adapter_config\.json$/) && has(/^(adapter_model|adapters)\.safetensors$/)) return "adapter";
  if (has(/^config\.json$/) && has(/^model\b.*\.safetensors$/)) return "model";
  if (has(/\.gguf$/)) return "gguf";
  return paths.length === 1 && has(/\.safetensors$/) ? "file" : undefined;
}

/** A push to the Hugging Face Hub failed. Correct what the message names: the folder, the access token or its permission to write. */
export function pushError(source: string, target: string, reason: string, options?: { readonly cause?: unknown }) {
  return failure("PUSH", `Cannot push "${source}" to the Hugging Face Hub as "${target}": ${reason}`, {
    source,
    target,
    reason,
    ...options,
  });
}
